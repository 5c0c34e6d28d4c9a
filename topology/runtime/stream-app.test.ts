import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSerde } from '../../schemas/serdes.ts';
import { createMemoryBackendFactory } from '../../state/memory/memory-backend.ts';
import type { Log } from '../log/log.ts';
import { createMemoryLog } from '../log/memory/memory-log.ts';
import type { Amount, Report } from '../testing/sample-topology.ts';
import { createSampleTopology } from '../testing/sample-topology.ts';
import { createStreamApp } from './stream-app.ts';

const amountSerde = jsonSerde<Amount>();
const reportSerde = jsonSerde<Report>();

async function createLog(partitionCount = 2): Promise<Log> {
  const log = createMemoryLog();
  await log.createTopics([
    { name: 'amounts', partitionCount },
    { name: 'reports', partitionCount },
  ]);
  return log;
}

async function write(log: Log, partition: number, amounts: readonly (readonly [string, number])[]): Promise<void> {
  const producer = await log.openProducer();
  await producer.send(
    amounts.map(([key, amount], index) => ({
      topic: 'amounts',
      partition,
      key: Buffer.from(key),
      value: amountSerde.serialize({ amount }, Buffer.alloc(0)),
      timestampMs: 1_000 + index,
    })),
  );
  await producer.close();
}

/** Reads committed reports until there are `count`. */
async function readReports(log: Log, count: number): Promise<readonly Report[]> {
  const partitions = [0, 1].map((partition) => ({ topic: 'reports', partition, nextOffset: 0n }));
  const reader = await log.openReader({ from: partitions });
  const reports: Report[] = [];
  while (reports.length < count) {
    for (const batch of await reader.poll({ maxWaitMs: 1_000 })) {
      for (const { key, value } of batch.records) reports.push(reportSerde.deserialize(value ?? Buffer.alloc(0), key ?? Buffer.alloc(0)));
    }
  }
  await reader.close();
  return reports;
}

test('an app runs its tasks, tells its states and closes with everything committed', async () => {
  const log = await createLog();
  const states: string[] = [];
  const app = createStreamApp({ topology: createSampleTopology(), log, state: 'memory', onStateChange: (next) => states.push(next) });
  await app.start();
  await app.whenRunning();
  await write(log, 0, [
    ['a', 1],
    ['a', 2],
    ['b', 5],
  ]);
  await write(log, 1, [['c', 7]]);
  const reports = await readReports(log, 4);
  assert.deepEqual(
    reports.map(({ sum }) => sum).toSorted((left, right) => left - right),
    [1, 3, 5, 7],
  );
  assert.deepEqual(app.health(), { isAlive: true, isReady: true, isHealthy: true, state: 'running' });
  const tasks = await app.tasks();
  assert.deepEqual(
    tasks.map(({ taskId, inputs }) => [taskId, inputs[0]?.endOffset]),
    [
      ['0_0', 3n],
      ['0_1', 1n],
    ],
  );
  await app.close();
  assert.deepEqual(states, ['rebalancing', 'running', 'closing', 'closed']);
});

test('K3 after a close the next app restores nothing and goes on counting', async () => {
  const log = await createLog();
  const memory = createMemoryBackendFactory();
  const topology = createSampleTopology();
  const first = createStreamApp({ topology, log, state: { memory } });
  await first.start();
  await write(log, 0, [
    ['a', 1],
    ['a', 2],
  ]);
  await readReports(log, 2);
  await first.close();
  let restoredCount = 0;
  const second = createStreamApp({ topology, log, state: { memory }, onRestore: (progress) => (restoredCount += progress.restoredCount) });
  await second.start();
  await write(log, 0, [['a', 4]]);
  const reports = await readReports(log, 3);
  assert.deepEqual(
    reports.map(({ count, sum }) => [count, sum]),
    [
      [1, 1],
      [2, 3],
      [3, 7],
    ],
  );
  assert.equal(restoredCount, 0);
  await second.close();
});
