import { setTimeout as wait } from 'node:timers/promises';
import { cpuMicros, say, sessionOf } from './play.ts';
import type { PlatformUnderLoad } from './platform-under-load.ts';
import { childrenResidentBytes, inMiB, residentBytes } from './resident.ts';

export interface ManySessionsOptions {
  readonly sessionCount: number;
  readonly eventCount: number;
  /** All sessions again under other names, so often: what a round leaves behind shows in the next. */
  readonly roundCount: number;
}

const appendedAtOnce = 10;
const restMs = 10_000;

/** Sessions side by side: resident memory at most, with all of them open, and when all have ended. */
export async function manySessions(platform: PlatformUnderLoad, options: ManySessionsOptions): Promise<void> {
  say(`${options.sessionCount} sessions side by side, ${options.eventCount} events each; ${options.roundCount} rounds`);
  for (let round = 1; round <= options.roundCount; round += 1) await playRound(platform, options, round);
}

async function playRound(platform: PlatformUnderLoad, options: ManySessionsOptions, round: number): Promise<void> {
  const { sessionCount, eventCount } = options;
  const ids = Array.from({ length: sessionCount }, (_, index) => ({
    id: `many-${round}-${index}`,
    events: sessionOf(eventCount, round * 100_000 + index),
  }));
  let highest = 0;
  const watch = setInterval(() => (highest = Math.max(highest, residentBytes())), 50);
  const before = cpuMicros();
  for (const { id, events } of ids) await platform.open(id, events[0]?.atMs ?? 0);
  for (let from = 0; from < eventCount; from += appendedAtOnce) {
    const to = Math.min(from + appendedAtOnce, eventCount - 1);
    await Promise.all(ids.map(({ id, events }) => platform.append(id, events.slice(from, to))));
  }
  await platform.settled();
  const open = residentBytes();
  await Promise.all(ids.map(({ id, events }) => platform.append(id, events.slice(-1))));
  await platform.settled();
  clearInterval(watch);
  const perEvent = Math.round((cpuMicros() - before) / (sessionCount * eventCount));
  await wait(restMs);
  const sizes = `${inMiB(highest)} MiB at most, ${inMiB(open)} with all open, ${inMiB(residentBytes())} ten seconds after all have ended`;
  say(`round ${round}: ${sizes} (aim: < 1,024); processes beside it ${inMiB(childrenResidentBytes())}; ${perEvent} µs of CPU an event`);
}
