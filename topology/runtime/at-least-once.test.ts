import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSerde, stringSerde } from '../../schemas/serdes.ts';
import { createMemoryBackendFactory } from '../../state/memory/memory-backend.ts';
import { createMemoryLog } from '../log/memory/memory-log.ts';
import type { FaultPoint } from '../testing/faults.ts';
import { Faults } from '../testing/faults.ts';
import { createFaultyLog } from '../testing/faulty-log.ts';
import type { Amount, Report } from '../testing/sample-topology.ts';
import { createSampleTopology } from '../testing/sample-topology.ts';
import { TopicTail } from '../testing/topic-tail.ts';
import { createStreamApp } from './stream-app.ts';

const amounts = jsonSerde<Amount>();

/** Pipes three records of one key through an app whose log fails at `point`, and gives the sums that came out, up to `lastSum`. */
async function sumsWithFault(point: FaultPoint | undefined, lastSum: number): Promise<readonly (number | undefined)[]> {
  const base = createMemoryLog();
  await base.createTopics([
    { name: 'amounts', partitionCount: 1 },
    { name: 'reports', partitionCount: 1 },
  ]);
  const faults = new Faults();
  const app = createStreamApp({
    topology: createSampleTopology(),
    log: createFaultyLog(base, faults),
    state: { memory: createMemoryBackendFactory() },
    processingGuarantee: 'at_least_once',
    bounds: { commitIntervalMs: 1 },
    random: () => 0,
  });
  await app.start();
  await app.whenRunning();
  if (point !== undefined) faults.failAt(point);
  const producer = await base.openProducer();
  const value = (amount: number) => amounts.serialize({ amount }, Buffer.alloc(0));
  const record = (amount: number) => ({ topic: 'amounts', partition: 0, key: Buffer.from('a'), value: value(amount), timestampMs: 1_000 });
  await producer.send([record(1), record(2), record(4)]);
  const tail = new TopicTail(base, [{ topic: 'reports', partition: 0, nextOffset: 0n }]);
  const sums: (number | undefined)[] = [];
  while (sums.at(-1) !== lastSum || (await base.committed('sample', [{ topic: 'amounts', partition: 0 }]))[0]?.nextOffset !== 3n) {
    sums.push(...(await tail.read(stringSerde, jsonSerde<Report>())).map(({ value: report }) => report?.sum));
    await new Promise(setImmediate);
  }
  await app.close();
  assert.equal(faults.pendingCount, 0);
  return sums;
}

test('at_least_once without a failure counts each record once', async () => {
  assert.deepEqual(await sumsWithFault(undefined, 7), [1, 3, 7]);
});

test('at_least_once loses nothing when nothing of a commit was written', async () => {
  assert.deepEqual(await sumsWithFault('produce:before', 7), [1, 3, 7]);
});

test('at_least_once repeats input, and keeps the state that was written, when the offsets of a commit are lost', async () => {
  // The changelog holds 7 when the offsets fail; the store catches up from it, and the same three records are counted again.
  const sums = await sumsWithFault('source:commit', 14);
  assert.deepEqual(sums.slice(-3), [8, 10, 14]);
});
