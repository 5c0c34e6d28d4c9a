import type { CaptureEvent } from '../../schemas/types/capture-event.ts';
import { appendAll, cpuMicros, play, say, sessionOf } from './play.ts';
import type { PlatformUnderLoad } from './platform-under-load.ts';
import type { Sample } from './resident.ts';
import { childrenResidentBytes, growthOf, inMiB, residentBytes } from './resident.ts';

export interface LongSessionOptions {
  readonly eventCount: number;
  /** Events of other sessions before. */
  readonly warmUpCount: number;
  readonly seed: number;
}

/** Sessions as long as the one that is measured, so that what such a session needs for a while was there before. */
const warmUpSessionCount = 20_000;
const sampleEveryCount = 1_000;
const stretchCount = 10;

/** One session after the warm-up: resident memory every 1,000 events, cost in ten stretches. */
export async function longSession(platform: PlatformUnderLoad, options: LongSessionOptions): Promise<void> {
  say(`at the start ${inMiB(residentBytes())} MiB`);
  await warmUp(platform, options.warmUpCount);
  const events = sessionOf(options.eventCount, options.seed);
  await platform.open('long', events[0]?.atMs ?? 0);
  const { samples, costs } = await measure(platform, events);
  const before = cpuMicros();
  await appendAll(platform, 'long', events.slice(-1));
  const minutes = Math.round(((events.at(-1)?.atMs ?? 0) - (events[0]?.atMs ?? 0)) / 60_000);
  say(`one session of ${events.length} events, ${minutes} minutes of event time`);
  sayMemory(samples);
  sayCost(costs);
  say(`finishing: ${Math.round((cpuMicros() - before) / 1_000)} ms of CPU; the guide has ${await platform.guideStepCount('long')} steps\n`);
}

async function warmUp(platform: PlatformUnderLoad, eventCount: number): Promise<void> {
  for (let done = 0; done < eventCount; done += warmUpSessionCount) {
    await play(platform, `warm-up-${done}`, sessionOf(Math.min(warmUpSessionCount, eventCount - done), 99 + done));
    if ((done / warmUpSessionCount) % 2 === 1) say(`warming up, after ${done + warmUpSessionCount} events ${inMiB(residentBytes())} MiB`);
  }
}

interface Measured {
  readonly samples: readonly Sample[];
  /** CPU time an event, by stretch. */
  readonly costs: readonly number[];
}

async function measure(platform: PlatformUnderLoad, events: readonly CaptureEvent[]): Promise<Measured> {
  // The last event ends the session; what that costs is measured by itself.
  const count = events.length - 1;
  const samples: Sample[] = [];
  const costs: number[] = [];
  let stretchFrom = 0;
  let before = cpuMicros();
  for (let from = 0; from < count; from += sampleEveryCount) {
    const to = Math.min(from + sampleEveryCount, count);
    await appendAll(platform, 'long', events.slice(from, to));
    global.gc?.();
    samples.push({ eventCount: to, residentBytes: residentBytes() });
    if (to < Math.round(((costs.length + 1) * count) / stretchCount)) continue;
    costs.push((cpuMicros() - before) / (to - stretchFrom));
    stretchFrom = to;
    before = cpuMicros();
  }
  return { samples, costs };
}

function sayMemory(samples: readonly Sample[]): void {
  const tenth = Math.ceil(samples.length / stretchCount);
  const highs: string[] = [];
  for (let from = 0; from < samples.length; from += tenth)
    highs.push(inMiB(Math.max(...samples.slice(from, from + tenth).map(({ residentBytes: bytes }) => bytes))));
  const { slopeBytesPer10k, peakBytesPer10k } = growthOf(samples);
  say(global.gc === undefined ? 'no collection was forced' : 'a collection was forced before every sample');
  say(`resident memory, highest in each tenth: ${highs.join(' ')} MiB; processes beside it: ${inMiB(childrenResidentBytes())} MiB`);
  say(`growth a 10,000 events: ${inMiB(slopeBytesPer10k)} MiB by the line through ${samples.length} samples,`);
  say(`  ${inMiB(peakBytesPer10k)} MiB from the highest of the first half to the highest of the second (aim: < 1 by both)`);
}

function sayCost(costs: readonly number[]): void {
  const [first, last] = [costs[0], costs.at(-1)];
  if (first === undefined || last === undefined) return;
  say(`CPU an event, by tenths: ${costs.map((cost) => Math.round(cost)).join(' ')} µs`);
  say(`from the first to the last: ${(((last - first) / first) * 100).toFixed(1)} % (aim: within 15)`);
}
