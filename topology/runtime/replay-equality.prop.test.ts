/**
 * T1: the same input gives the same output per key, for any batching, any interleaving of keys, any end of the async calls and any crash
 * schedule. Allowed: outputs of different keys in another order. Never: an output missing, doubled, or different in value or time.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonSerde, stringSerde } from '../../schemas/serdes.ts';
import { createMemoryBackendFactory } from '../../state/memory/memory-backend.ts';
import { defaultStateBudgets } from '../../state/task-state.ts';
import type { Log } from '../log/log.ts';
import { createMemoryLog } from '../log/memory/memory-log.ts';
import { PlannedCrash, planCrash } from '../testing/crash-points.ts';
import { Faults } from '../testing/faults.ts';
import { createFaultyLog } from '../testing/faulty-log.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import type { Amount, Report } from '../testing/sample-topology.ts';
import { createSampleTopology } from '../testing/sample-topology.ts';
import { TopicTail } from '../testing/topic-tail.ts';
import type { TopologyTestDriver } from '../testing/topology-test-driver.ts';
import { createTopologyTestDriver } from '../testing/topology-test-driver.ts';
import { crashPointNames } from './crash-points.ts';

interface Event {
  readonly key: string;
  readonly amount: number;
  readonly timestampMs: number;
}

const keys = ['a', 'b', 'c', 'd'];
const amounts = jsonSerde<Amount>();

const eventsArbitrary = fc
  .array(
    fc.record({ key: fc.constantFrom(...keys), amount: fc.integer({ min: 1, max: 99 }), stepMs: fc.integer({ min: -200, max: 700 }) }),
    {
      minLength: 1,
      maxLength: 60,
    },
  )
  .map((steps) => {
    let timeMs = 10_000;
    return steps.map(({ key, amount, stepMs }): Event => {
      timeMs += stepMs;
      return { key, amount, timestampMs: timeMs };
    });
  });

const scheduleArbitrary = fc.record({
  chunkSize: fc.integer({ min: 1, max: 20 }),
  recordsPerTurn: fc.integer({ min: 1, max: 30 }),
  flushCount: fc.integer({ min: 1, max: 30 }),
  interleaving: fc.array(fc.nat(), { minLength: 1, maxLength: 20 }),
  delays: fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 10 }),
  crashes: fc.array(fc.record({ point: fc.constantFrom(...crashPointNames), skipCount: fc.nat({ max: 5 }) }), { maxLength: 5 }),
  unknownOutcomes: fc.array(
    fc.record({ point: fc.constantFrom('commit:before' as const, 'commit:after' as const), skipCount: fc.nat({ max: 6 }) }),
    {
      maxLength: 3,
    },
  ),
});

type Schedule = typeof scheduleArbitrary extends fc.Arbitrary<infer T> ? T : never;

test('T1 any batching, interleaving, async order and crash schedule gives the same output per key', async (t) => {
  const seed = Date.now() % 2 ** 31;
  t.diagnostic(`seed ${seed}`);
  let crashCount = 0;
  await fc.assert(
    fc.asyncProperty(eventsArbitrary, scheduleArbitrary, async (events, schedule) => {
      const calm = await runCalmly(events);
      const stormy = await runStormily(events, schedule);
      crashCount += stormy.crashCount;
      assert.deepEqual(stormy.reports, calm);
    }),
    { seed, numRuns: 300 },
  );
  t.diagnostic(`${crashCount} crashes`);
  assert.ok(crashCount > 60, 'the schedules hardly crashed: the test tests nothing');
});

/** One batch, one process, no crash. */
async function runCalmly(events: readonly Event[]): Promise<Record<string, unknown>> {
  const log = createMemoryLog({ clock: createManualClock() });
  const driver = await createTopologyTestDriver({ topology: createSampleTopology(), log });
  await pipe(driver, events);
  await driver.settle();
  await driver.close();
  return readReports(log);
}

async function runStormily(
  events: readonly Event[],
  schedule: Schedule,
): Promise<{ reports: Record<string, unknown>; crashCount: number }> {
  const base = createMemoryLog({ clock: createManualClock() });
  const faults = new Faults();
  for (const { point, skipCount } of schedule.unknownOutcomes) faults.failAt(point, { skipCount });
  const log = createFaultyLog(base, faults);
  const backend = createMemoryBackendFactory();
  const chunks = chunk(interleave(events, schedule.interleaving), schedule.chunkSize);
  const crashes = [...schedule.crashes];
  let call = 0;
  const topology = createSampleTopology({
    delay: async () => {
      call += 1;
      for (let turns = schedule.delays[call % schedule.delays.length] ?? 0; turns > 0; turns -= 1) await Promise.resolve();
    },
  });
  let crashCount = 0;
  for (;;) {
    const plan = crashes.shift();
    const driver = await openDriver({ log, backend, topology, schedule, plan });
    if (driver === undefined) {
      crashCount += 1;
      continue;
    }
    try {
      for (let next = chunks.shift(); next !== undefined; next = chunks.shift()) await pipe(driver, next);
      await driver.settle();
      await driver.close();
      return { reports: await readReports(base), crashCount };
    } catch (error) {
      if (!(error instanceof PlannedCrash)) throw error;
      crashCount += 1;
      await driver.kill();
    }
  }
}

interface Incarnation {
  readonly log: Log;
  readonly backend: ReturnType<typeof createMemoryBackendFactory>;
  readonly topology: ReturnType<typeof createSampleTopology>;
  readonly schedule: Schedule;
  readonly plan: Schedule['crashes'][number] | undefined;
}

/** Undefined when it crashed while it started. */
async function openDriver({ log, backend, topology, schedule, plan }: Incarnation): Promise<TopologyTestDriver | undefined> {
  try {
    return await createTopologyTestDriver({
      topology,
      log,
      backend,
      crashPoints: planCrash(plan),
      bounds: { recordsPerTurn: schedule.recordsPerTurn },
      stateBudgets: { ...defaultStateBudgets, flushBounds: { bytes: 1e9, recordCount: schedule.flushCount, ageMs: 1e9 } },
    });
  } catch (error) {
    if (error instanceof PlannedCrash) return undefined;
    throw error;
  }
}

async function pipe(driver: TopologyTestDriver, events: readonly Event[]): Promise<void> {
  const input = driver.input('amounts', stringSerde, amounts);
  await input.pipeAll(events.map(({ key, amount, timestampMs }) => ({ key, value: { amount }, timestampMs })));
}

async function readReports(log: Log): Promise<Record<string, unknown>> {
  const tail = new TopicTail(log, [{ topic: 'reports', partition: 0, nextOffset: 0n }]);
  const reports = await tail.read(stringSerde, jsonSerde<Report>());
  return Object.fromEntries(
    keys.map((key) => [key, reports.filter((one) => one.key === key).map(({ value, timestampMs }) => ({ ...value, timestampMs }))]),
  );
}

/** Another order of the keys; each key's own order stays. */
function interleave(events: readonly Event[], choices: readonly number[]): readonly Event[] {
  const lanes = keys.map((key) => events.filter((event) => event.key === key)).filter((lane) => lane.length > 0);
  const result: Event[] = [];
  for (let step = 0; lanes.length > 0; step += 1) {
    const index = (choices[step % choices.length] ?? 0) % lanes.length;
    const event = lanes[index]?.shift();
    if (event !== undefined) result.push(event);
    if (lanes[index]?.length === 0) lanes.splice(index, 1);
  }
  return result;
}

function chunk(events: readonly Event[], size: number): (readonly Event[])[] {
  const chunks: (readonly Event[])[] = [];
  for (let first = 0; first < events.length; first += size) chunks.push(events.slice(first, first + size));
  return chunks;
}
