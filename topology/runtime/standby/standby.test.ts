/** Copies of one task, seen from outside: what they cost, what they hold and what they may wipe. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSerde, stringSerde } from '../../../schemas/serdes.ts';
import { createMemoryBackendFactory } from '../../../state/memory/memory-backend.ts';
import type { Log } from '../../log/log.ts';
import { createMemoryLog } from '../../log/memory/memory-log.ts';
import { Faults } from '../../testing/faults.ts';
import { createFaultyLog } from '../../testing/faulty-log.ts';
import { createRecordingMetrics } from '../../testing/recording-metrics.ts';
import { createSampleTopology, sampleStores, type Amount } from '../../testing/sample-topology.ts';
import { createTopologyTestDriver, type TopologyTestDriver } from '../../testing/topology-test-driver.ts';

const amounts = jsonSerde<Amount>();
const topology = createSampleTopology();
const changelog = { topic: 'sample-totals-changelog', partition: 0 };

async function open(log: Log, instanceId: string, options: Partial<Parameters<typeof createTopologyTestDriver>[0]> = {}) {
  return createTopologyTestDriver({ topology, log, instanceId, standbyCount: 1, ...options });
}

async function pipe(driver: TopologyTestDriver, count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, index) => ({ key: `key-${index}`, value: { amount: 1 }, timestampMs: 1_000 }));
  await driver.input('amounts', stringSerde, amounts).pipeAll(records);
  await driver.settle();
}

/** Until the copy has read all that there is. */
async function caughtUp(log: Log, driver: TopologyTestDriver): Promise<void> {
  const end = (await log.offsets([changelog], 'read_committed'))[0]?.nextOffset;
  while (driver.copies()[0]?.task.readPositions()?.get('totals') !== end) await new Promise(setImmediate);
}

test('K3 a copy is promoted as it is: the task goes on with everything that was read and restores nothing', async () => {
  const log = createMemoryLog();
  const owner = await open(log, 'owner');
  const metrics = createRecordingMetrics();
  const second = await open(log, 'second', { metrics });
  await owner.run();
  await pipe(owner, 20);
  await caughtUp(log, second);
  assert.deepEqual(
    second.copies().map(({ role, task }) => [role, task.name, task.status()]),
    [['standby', '0_0', 'running']],
  );
  await owner.kill();
  await second.run();
  assert.deepEqual(second.copies(), []);
  assert.equal(second.store(sampleStores.totals).get('key-7')?.count, 1);
  assert.equal(metrics.total('restore_total'), 0);
  await pipe(second, 20);
  assert.equal(second.store(sampleStores.totals).get('key-7')?.count, 2);
  await second.close();
});

test('a copy whose log fails goes on from where it was, after a back-off, and the owner does not notice', async () => {
  const log = createMemoryLog();
  const faults = new Faults();
  const owner = await open(log, 'owner');
  const second = await open(createFaultyLog(log, faults), 'second');
  await owner.run();
  await pipe(owner, 5);
  await caughtUp(log, second);
  faults.failAt('reader:poll');
  await pipe(owner, 10);
  while (second.copies()[0]?.task.status() !== 'waiting') {
    second.clock.advance(1_000);
    await new Promise(setImmediate);
  }
  assert.equal(second.copies()[0]?.task.failureCount(), 1);
  second.clock.advance(1_000);
  await caughtUp(log, second);
  assert.equal(faults.pendingCount, 0);
  await owner.close();
  await second.run();
  assert.equal(second.store(sampleStores.totals).get('key-3')?.count, 2);
  await second.close();
});

test('K5 a copy whose changelog was created again is wiped for that reason and made anew', async () => {
  const log = createMemoryLog();
  const backend = createMemoryBackendFactory();
  const owner = await open(log, 'owner');
  const second = await open(log, 'second', { backend });
  await owner.run();
  await pipe(owner, 5);
  await caughtUp(log, second);
  await second.close();
  await owner.close();
  await log.deleteTopics([changelog.topic]);
  const metrics = createRecordingMetrics();
  const next = await open(log, 'next');
  const again = await open(log, 'second', { backend, metrics });
  await next.run();
  while (again.copies()[0]?.task.status() !== 'running') await new Promise(setImmediate);
  assert.equal(metrics.total('state_wipes_total', { task: '0_0', reason: 'topic-recreated' }), 1);
  await again.close();
  await next.close();
});

test('a task with state moves to a member that joins only when it was copied there, and then at once', async () => {
  const log = createMemoryLog();
  const alone = { standbyCount: 0, acceptableRecoveryLag: 0, partitionCount: 2 };
  const owner = await open(log, 'owner', alone);
  await pipe(owner, 40);
  const metrics = createRecordingMetrics();
  const second = await open(log, 'second', { ...alone, metrics });
  await owner.run();
  assert.deepEqual(
    owner.tasks().map(({ name }) => name),
    ['0_0', '0_1'],
  );
  const [warmUp, ...others] = second.copies();
  assert.ok(warmUp);
  assert.deepEqual([warmUp.role, others.length, second.tasks().length], ['warm-up', 0, 0]);
  const { name } = warmUp.task;
  while (second.tasks().length === 0) {
    second.clock.advance(500);
    await new Promise(setImmediate);
    await Promise.all([second.run(), owner.run()]);
  }
  assert.deepEqual(
    second.tasks().map((task) => task.name),
    [name],
  );
  assert.equal(owner.tasks().length, 1);
  assert.equal(metrics.total('restore_total'), 0, 'what was copied is not read again');
  await pipe(owner, 40);
  await second.run();
  const counts = [owner, second].flatMap((driver) =>
    driver
      .tasks()
      .flatMap((task) =>
        [...driver.store(sampleStores.totals, task.id.partition).range(undefined, undefined)].map(([, totals]) => totals.count),
      ),
  );
  assert.deepEqual(
    counts,
    Array.from({ length: 40 }, () => 2),
  );
  await second.close();
  await owner.close();
});
