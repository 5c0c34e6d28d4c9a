/**
 * Question: does a long session cost more per event, or more memory, the longer it lasts; and what do many sessions at a time need?
 * Measured: the embedded platform in one process, fed through ingest without HTTP. One session of an hour (20,000 events): CPU time per event and
 * resident memory after a collection, each 2,000 events. Then 2,000 sessions side by side, 40 events each: highest resident memory.
 * Not measured: pictures (bench/images), HTTP, analytics.
 * Rerun: `npm run build && npm run bench:memory -- [--events 20000] [--warm 40000] [--sessions 2000] [--only long|many]`.
 */
import { parseArgs } from 'node:util';
import { createDice } from '../../topology/testing/dice.ts';
import { syntheticSession } from '../chaos/synthetic-session.ts';
import type { CaptureEvent } from '../../schemas/types/capture-event.ts';
import { startPlatformUnderLoad, type PlatformUnderLoad } from './platform-under-load.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '20000' },
    warm: { type: 'string', default: '40000' },
    sessions: { type: 'string', default: '2000' },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
  },
});
const batchCount = 20;
const stretchCount = 10;
const mebibyte = 1_048_576;

if (values.only !== 'many') await withPlatform(longSession);
if (values.only !== 'long') await withPlatform(manySessions);

async function withPlatform(measure: (platform: PlatformUnderLoad) => Promise<void>): Promise<void> {
  const platform = await startPlatformUnderLoad();
  try {
    await measure(platform);
  } finally {
    await platform.close();
  }
}

interface Stretch {
  readonly fromSeq: number;
  readonly cpuMicrosPerEvent: number;
  readonly residentMiB: number;
  readonly heapMiB: number;
}

async function longSession(platform: PlatformUnderLoad): Promise<void> {
  const eventCount = Number(values.events);
  // Other sessions first: what is measured is neither the compiler warming up nor the bounded caches filling (log tail 32 MiB, write buffers, state).
  for (let index = 0; index < Number(values.warm) / 4_000; index += 1)
    await play(platform, `warm-up-${index}`, sessionOf(4_000, 99 + index));
  const events = sessionOf(eventCount, Number(values.seed));
  await platform.open('long', events[0]?.atMs ?? 0);
  const stretches = await measureStretches(platform, events);
  const before = process.cpuUsage();
  await appendAll(platform, 'long', events.slice(-1));
  const { user, system } = process.cpuUsage(before);
  say(
    `one session of ${events.length} events, ${Math.round(((events.at(-1)?.atMs ?? 0) - (events[0]?.atMs ?? 0)) / 60_000)} minutes of event time`,
  );
  for (const stretch of stretches) say(JSON.stringify(stretch));
  sayTrend(stretches);
  say(`finishing: ${Math.round((user + system) / 1_000)} ms of CPU; the guide has ${await platform.guideStepCount('long')} steps\n`);
}

async function measureStretches(platform: PlatformUnderLoad, events: readonly CaptureEvent[]): Promise<Stretch[]> {
  const stretches: Stretch[] = [];
  const size = Math.ceil(events.length / stretchCount);
  for (let from = 0; from < events.length; from += size) {
    const before = process.cpuUsage();
    // The last event ends the session; what that costs is measured by itself.
    await appendAll(platform, 'long', events.slice(from, Math.min(from + size, events.length - 1)));
    const { user, system } = process.cpuUsage(before);
    global.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    const count = Math.min(size, events.length - from);
    stretches.push({
      fromSeq: from + 1,
      cpuMicrosPerEvent: Math.round((user + system) / count),
      residentMiB: round(rss / mebibyte),
      heapMiB: round(heapUsed / mebibyte),
    });
  }
  return stretches;
}

function sayTrend(stretches: readonly Stretch[]): void {
  const [first, last] = [stretches[1], stretches.at(-1)];
  if (first === undefined || last === undefined) return;
  const growth = ((last.residentMiB - first.residentMiB) / (last.fromSeq - first.fromSeq)) * 10_000;
  const drift = ((last.cpuMicrosPerEvent - first.cpuMicrosPerEvent) / first.cpuMicrosPerEvent) * 100;
  say(`resident memory: ${round(growth)} MiB a 10,000 events after the first stretch (aim: < 1)`);
  say(`cost an event: ${round(drift)} % from the second to the last stretch (aim: within 15)`);
}

async function manySessions(platform: PlatformUnderLoad): Promise<void> {
  const sessionCount = Number(values.sessions);
  const eventCount = 40;
  const sessions = Array.from({ length: sessionCount }, (_, index) => ({ id: `many-${index}`, events: sessionOf(eventCount, index) }));
  let highest = 0;
  const watch = setInterval(() => (highest = Math.max(highest, process.memoryUsage.rss())), 50);
  const before = process.cpuUsage();
  for (const { id, events } of sessions) await platform.open(id, events[0]?.atMs ?? 0);
  for (let from = 0; from < eventCount; from += 10)
    await Promise.all(sessions.map(({ id, events }) => platform.append(id, events.slice(from, Math.min(from + 10, eventCount - 1)))));
  await platform.settled();
  const open = process.memoryUsage.rss();
  await Promise.all(sessions.map(({ id, events }) => platform.append(id, events.slice(-1))));
  await platform.settled();
  const { user, system } = process.cpuUsage(before);
  clearInterval(watch);
  const perEvent = Math.round((user + system) / (sessionCount * eventCount));
  say(`${sessionCount} sessions side by side, ${eventCount} events each`);
  say(`resident memory: ${round(highest / mebibyte)} MiB at most, ${round(open / mebibyte)} MiB with all sessions open (aim: < 1,024)`);
  say(`cost an event: ${perEvent} µs of CPU`);
}

async function play(platform: PlatformUnderLoad, sessionId: string, events: ReturnType<typeof sessionOf>): Promise<void> {
  await platform.open(sessionId, events[0]?.atMs ?? 0);
  await appendAll(platform, sessionId, events);
}

async function appendAll(platform: PlatformUnderLoad, sessionId: string, events: ReturnType<typeof sessionOf>): Promise<void> {
  for (let from = 0; from < events.length; from += batchCount) await platform.append(sessionId, events.slice(from, from + batchCount));
  await platform.settled();
}

function sessionOf(eventCount: number, seed: number) {
  return syntheticSession({ dice: createDice(seed), eventCount, startedAtMs: Date.now() - 3_600_000, pictures: [], pictureEvery: 1 });
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
