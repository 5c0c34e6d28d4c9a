import { createDice } from '../../topology/testing/dice.ts';
import { syntheticSession } from '../chaos/synthetic-session.ts';
import type { CaptureEvent } from '../../schemas/types/capture-event.ts';
import type { PlatformUnderLoad } from './platform-under-load.ts';

const batchCount = 20;

export function sessionOf(eventCount: number, seed: number): readonly CaptureEvent[] {
  return syntheticSession({ dice: createDice(seed), eventCount, startedAtMs: Date.now() - 3_600_000, pictures: [], pictureEvery: 1 });
}

/** A whole session, to its end. */
export async function play(platform: PlatformUnderLoad, sessionId: string, events: readonly CaptureEvent[]): Promise<void> {
  await platform.open(sessionId, events[0]?.atMs ?? 0);
  await appendAll(platform, sessionId, events);
}

/** Resolves when all of them are processed. */
export async function appendAll(platform: PlatformUnderLoad, sessionId: string, events: readonly CaptureEvent[]): Promise<void> {
  for (let from = 0; from < events.length; from += batchCount) await platform.append(sessionId, events.slice(from, from + batchCount));
  await platform.settled();
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** CPU time of the process, its background threads included. */
export function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
