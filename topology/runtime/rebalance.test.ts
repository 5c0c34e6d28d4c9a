/** Two apps of one group on one log, in one process: tasks move, and nothing is lost, doubled or done by two owners (K7). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSerde, stringSerde } from '../../schemas/serdes.ts';
import { createMemoryLog } from '../log/memory/memory-log.ts';
import type { MemoryLog } from '../log/memory/memory-log.ts';
import { partitionOfKey } from '../base/partition.ts';
import { createPromMetrics } from '../base/prom-metrics.ts';
import type { Amount, Report } from '../testing/sample-topology.ts';
import { createSampleTopology } from '../testing/sample-topology.ts';
import { TopicTail } from '../testing/topic-tail.ts';
import type { StreamApp } from './stream-app.ts';
import { createStreamApp } from './stream-app.ts';
import type { StreamAppOptions } from './stream-app-options.ts';

const partitionCount = 4;
const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`);
const amounts = jsonSerde<Amount>();

async function createLog(): Promise<MemoryLog> {
  const log = createMemoryLog();
  await log.createTopics([
    { name: 'amounts', partitionCount },
    { name: 'reports', partitionCount },
  ]);
  return log;
}

/** One record a key. */
async function write(log: MemoryLog, amount: number): Promise<void> {
  const producer = await log.openProducer();
  await producer.send(
    keys.map((key) => {
      const keyBytes = Buffer.from(key);
      const partition = partitionOfKey(keyBytes, partitionCount);
      return { topic: 'amounts', partition, key: keyBytes, value: amounts.serialize({ amount }, keyBytes), timestampMs: 1_000 };
    }),
  );
  await producer.close();
}

class Reports {
  readonly #tail: TopicTail;
  readonly sums = new Map<string, number[]>();

  constructor(log: MemoryLog) {
    this.#tail = new TopicTail(
      log,
      Array.from({ length: partitionCount }, (_, partition) => ({ topic: 'reports', partition, nextOffset: 0n })),
    );
  }

  /** Reads until every key has `count` reports. */
  async until(count: number): Promise<void> {
    while (keys.some((key) => (this.sums.get(key)?.length ?? 0) < count)) {
      for (const { key, value } of await this.#tail.read(stringSerde, jsonSerde<Report>())) {
        this.sums.set(key, [...(this.sums.get(key) ?? []), value?.sum ?? -1]);
      }
      await new Promise(setImmediate);
    }
  }

  check(expected: readonly number[]): void {
    for (const key of keys) assert.deepEqual(this.sums.get(key), expected, key);
  }
}

async function startApp(log: MemoryLog, options: Partial<StreamAppOptions> = {}): Promise<StreamApp> {
  const app = createStreamApp({ topology: createSampleTopology(), log, state: 'memory', bounds: { commitIntervalMs: 1 }, ...options });
  await app.start();
  await app.whenRunning();
  return app;
}

const taskNames = async (app: StreamApp) => (await app.tasks()).map(({ taskId }) => taskId);

/** Until `app` owns `count` tasks and runs them all. */
async function owns(app: StreamApp, count: number): Promise<void> {
  for (;;) {
    const tasks = await app.tasks();
    if (tasks.length === count && tasks.every(({ status }) => status === 'running' || status === 'committing')) return;
    await new Promise(setImmediate);
  }
}

test('a second app takes half of the tasks with their state, and gives them back when it leaves', async () => {
  const log = await createLog();
  const reports = new Reports(log);
  const first = await startApp(log);
  await write(log, 1);
  await reports.until(1);
  const second = await startApp(log);
  await Promise.all([owns(first, 2), owns(second, 2)]);
  assert.deepEqual([...(await taskNames(first)), ...(await taskNames(second))].toSorted(), ['0_0', '0_1', '0_2', '0_3']);
  await write(log, 2);
  await reports.until(2);
  await second.close();
  await owns(first, 4);
  await write(log, 4);
  await reports.until(3);
  reports.check([1, 3, 7]);
  await first.close();
});

test('a task that moved away is not told of any more by its old owner, and none is told with the age of a record that there never was', async () => {
  const log = await createLog();
  const metrics = createPromMetrics({ prefix: '' });
  const first = await startApp(log, { metrics });
  await owns(first, 4);
  const told = async (name: string): Promise<number> =>
    (await metrics.page()).split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `)).length;
  assert.equal(await told('records_lag'), 4);
  const second = await startApp(log);
  await owns(first, 2);
  assert.equal(await told('records_lag'), 2);
  assert.match(await metrics.page(), /^task_created_total 4$/m);
  assert.match(await metrics.page(), /^task_closed_total 2$/m);
  assert.equal(await told('record_e2e_latency_seconds_count'), 0);
  await second.close();
  await first.close();
});

test('K7 a member that was thrown out commits nothing and joins again', async () => {
  const log = await createLog();
  const reports = new Reports(log);
  const app = await startApp(log, { instanceId: 'one' });
  await write(log, 1);
  await reports.until(1);
  log.evictMember('sample', 'one');
  await write(log, 2);
  await reports.until(2);
  reports.check([1, 3]);
  await owns(app, 4);
  await app.close();
});

test('a paused app reads and punctuates nothing, keeps its tasks, and goes on after resume', async () => {
  const log = await createLog();
  const reports = new Reports(log);
  const app = await startApp(log);
  app.pause();
  await new Promise(setImmediate);
  await write(log, 1);
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
  assert.deepEqual((await log.committed('sample', [{ topic: 'amounts', partition: 0 }]))[0]?.nextOffset, undefined);
  assert.equal((await app.tasks()).length, 4);
  app.resume();
  await reports.until(1);
  reports.check([1]);
  await app.close();
});

test('a task that keeps failing makes the app unhealthy, not dead, and other tasks go on', async () => {
  const log = await createLog();
  const failures: string[] = [];
  const topology = createSampleTopology({
    onPoison: () => {
      throw new TypeError('a bug');
    },
  });
  const app = createStreamApp({
    topology,
    log,
    state: 'memory',
    bounds: { commitIntervalMs: 1, maxTaskFailures: 2 },
    random: () => 0,
    onTaskFailed: (taskId) => failures.push(taskId),
  });
  await app.start();
  await app.whenRunning();
  const producer = await log.openProducer();
  const poison = amounts.serialize({ amount: 1, poison: true }, Buffer.alloc(0));
  await producer.send([{ topic: 'amounts', partition: 0, key: Buffer.from('bad'), value: poison, timestampMs: 1 }]);
  const sound = amounts.serialize({ amount: 1 }, Buffer.alloc(0));
  await producer.send([{ topic: 'amounts', partition: 1, key: Buffer.from('good'), value: sound, timestampMs: 1 }]);
  while (app.state() !== 'error') await new Promise(setImmediate);
  assert.deepEqual(app.health(), { isAlive: true, isReady: false, isHealthy: false, state: 'error' });
  assert.deepEqual([...new Set(failures)], ['0_0']);
  assert.equal((await log.committed('sample', [{ topic: 'amounts', partition: 1 }]))[0]?.nextOffset, 1n);
  await app.close();
});
