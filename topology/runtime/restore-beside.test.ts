/** A member that restores one task goes on with its others: only what moved stops. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSerde, stringSerde } from '../../schemas/serdes.ts';
import { partitionOfKey } from '../base/partition.ts';
import { createMemoryLog } from '../log/memory/memory-log.ts';
import { Faults } from '../testing/faults.ts';
import { createFaultyLog } from '../testing/faulty-log.ts';
import { createSampleTopology, type Amount, type Report } from '../testing/sample-topology.ts';
import { TopicTail } from '../testing/topic-tail.ts';
import type { RestoreProgress } from './restore-driver.ts';
import { createStreamApp } from './stream-app.ts';

const amounts = jsonSerde<Amount>();

/** Outputs are spread by key, so a partition's input has keys of that partition. */
function keysOf(partition: number, count: number): readonly Buffer[] {
  const keys = Array.from({ length: count * 4 }, (_, index) => Buffer.from(`key-${index}`));
  return keys.filter((key) => partitionOfKey(key, 2) === partition).slice(0, count);
}

test('while a task that moved here is restored the others process, and its progress is told from the first to the last record', async () => {
  const log = createMemoryLog();
  await log.createTopics(['amounts', 'reports'].map((name) => ({ name, partitionCount: 2 })));
  const producer = await log.openProducer();
  const write = (partition: number, count: number) =>
    producer.send(
      keysOf(partition, count).map((key) => {
        return { topic: 'amounts', partition, key, value: amounts.serialize({ amount: 1 }, key), timestampMs: 1_000 };
      }),
    );
  const tails = [0, 1].map((partition) => new TopicTail(log, [{ topic: 'reports', partition, nextOffset: 0n }]));
  const reported = async (partition: number, count: number) => {
    let found = 0;
    while (found < count) {
      found += (await tails[partition]?.read(stringSerde, jsonSerde<Report>()))?.length ?? 0;
      await new Promise(setImmediate);
    }
  };
  const faults = new Faults();
  const progress: RestoreProgress[] = [];
  const base = { topology: createSampleTopology(), state: 'memory', bounds: { commitIntervalMs: 1 } } as const;
  const first = createStreamApp({ ...base, log, instanceId: 'first' });
  const second = createStreamApp({
    ...{ ...base, log: createFaultyLog(log, faults), instanceId: 'second' },
    onRestore: (one) => progress.push(one),
  });
  await first.start();
  await second.start();
  const ownOf = async () => (await second.tasks()).filter(({ status, role }) => role === 'active' && status === 'running');
  while ((await ownOf()).length !== 1 || (await first.tasks()).length !== 1) await new Promise(setImmediate);
  const own = (await ownOf())[0]?.inputs[0]?.partition ?? -1;
  await Promise.all([write(0, 30), write(1, 30)]);
  await Promise.all([reported(0, 30), reported(1, 30)]);
  progress.length = 0;
  const held = faults.holdAt('reader:poll');
  await first.close();
  await held.reached;
  await write(own, 10);
  await reported(own, 10);
  assert.equal(second.state(), 'rebalancing', 'the task that moved here is not there yet');
  await write(1 - own, 5);
  held.release();
  await reported(1 - own, 5);
  const moved = progress.filter(({ taskId }) => taskId === `0_${1 - own}`);
  assert.deepEqual([moved[0]?.restoredCount, moved[0]?.isDone], [0, false]);
  const last = moved.at(-1);
  assert.ok(last?.isDone && last.remainingCount === 0 && last.restoredCount >= 30, JSON.stringify(last));
  assert.equal(second.state(), 'running');
  await second.close();
  await producer.close();
});
