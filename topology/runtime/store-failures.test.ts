/** What a task does when its store fails under it: a full disk is waited out (K6), a corrupt store is deleted for that reason and restored (K5). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSerde, stringSerde } from '../../schemas/serdes.ts';
import type { BackendFactory } from '../../state/backend.ts';
import { createMemoryBackendFactory } from '../../state/memory/memory-backend.ts';
import { defaultStateBudgets } from '../../state/task-state.ts';
import { StepwrightError } from '../base/errors.ts';
import { createMemoryLog } from '../log/memory/memory-log.ts';
import type { Amount, Report } from '../testing/sample-topology.ts';
import { createSampleTopology } from '../testing/sample-topology.ts';
import { TopicTail } from '../testing/topic-tail.ts';
import type { RuntimeBounds } from './bounds.ts';
import type { RestoreProgress } from './restore-driver.ts';
import { createStreamApp } from './stream-app.ts';

interface FailingFactory extends BackendFactory {
  /** The next writes throw these, in order. */
  readonly failures: StepwrightError[];
  destroyCount: number;
}

function createFailingFactory(): FailingFactory {
  const inner = createMemoryBackendFactory();
  const failures: StepwrightError[] = [];
  const factory: FailingFactory = {
    name: 'failing',
    failures,
    destroyCount: 0,
    destroy: (directory) => {
      factory.destroyCount += 1;
      return inner.destroy(directory);
    },
    open: async (directory, budgets) => {
      const backend = await inner.open(directory, budgets);
      return {
        getMany: (keys) => backend.getMany(keys),
        scan: (options) => backend.scan(options),
        deleteRange: (from, to) => backend.deleteRange(from, to),
        openCursorCount: () => backend.openCursorCount(),
        diskBytes: () => backend.diskBytes(),
        recover: () => backend.recover(),
        close: () => backend.close(),
        batch: () => {
          const batch = backend.batch();
          return {
            put: (key, value) => batch.put(key, value),
            delete: (key) => batch.delete(key),
            close: () => batch.close(),
            write: () => {
              const failure = failures.shift();
              if (failure !== undefined) throw failure;
              batch.write();
            },
          };
        },
      };
    },
  };
  return factory;
}

/** Pipes 40 records through an app whose store fails as planned; each flush is due at once. Gives the sums and what was restored. */
async function runWith(factory: FailingFactory, failures: readonly StepwrightError[], bounds: Partial<RuntimeBounds> = {}) {
  const log = createMemoryLog();
  await log.createTopics([
    { name: 'amounts', partitionCount: 1 },
    { name: 'reports', partitionCount: 1 },
  ]);
  const restores: RestoreProgress[] = [];
  const failed: unknown[] = [];
  const app = createStreamApp({
    topology: createSampleTopology(),
    log,
    state: { memory: factory },
    stateBudgets: { ...defaultStateBudgets, flushBounds: { bytes: 1, recordCount: 1, ageMs: 1e9 } },
    bounds: { commitIntervalMs: 1, recordsPerTurn: 5, ...bounds },
    random: () => 0,
    onRestore: (progress) => (progress.isDone ? restores.push(progress) : undefined),
    onTaskFailed: (_taskId, error) => failed.push(error),
  });
  await app.start();
  await app.whenRunning();
  factory.failures.push(...failures);
  const producer = await log.openProducer();
  for (let index = 0; index < 40; index += 1) {
    const value = jsonSerde<Amount>().serialize({ amount: 1 }, Buffer.alloc(0));
    await producer.send([{ topic: 'amounts', partition: 0, key: Buffer.from('a'), value, timestampMs: 1_000 + index }]);
  }
  const tail = new TopicTail(log, [{ topic: 'reports', partition: 0, nextOffset: 0n }]);
  const sums: (number | undefined)[] = [];
  while (sums.length < 40) {
    sums.push(...(await tail.read(stringSerde, jsonSerde<Report>())).map(({ value }) => value?.sum));
    await new Promise(setImmediate);
  }
  await app.close();
  return { sums, restores, failed };
}

test('K5 a task that falls idle flushes what it folded, so that its store does not grow old', { timeout: 30_000 }, async () => {
  const log = createMemoryLog();
  await log.createTopics([
    { name: 'amounts', partitionCount: 1 },
    { name: 'reports', partitionCount: 1 },
  ]);
  const app = createStreamApp({
    topology: createSampleTopology(),
    log,
    state: { memory: createMemoryBackendFactory() },
    // By itself no flush is ever due.
    stateBudgets: { ...defaultStateBudgets, flushBounds: { bytes: 1e9, recordCount: 1e9, ageMs: 1e9 } },
    bounds: { commitIntervalMs: 1, idleFlushMs: 5 },
    random: () => 0,
  });
  await app.start();
  await app.whenRunning();
  const unflushedBytes = async (): Promise<number> => (await app.tasks()).reduce((sum, task) => sum + task.unflushedBytes, 0);
  const producer = await log.openProducer();
  const value = jsonSerde<Amount>().serialize({ amount: 1 }, Buffer.alloc(0));
  await producer.send([{ topic: 'amounts', partition: 0, key: Buffer.from('a'), value, timestampMs: 1_000 }]);
  const tail = new TopicTail(log, [{ topic: 'reports', partition: 0, nextOffset: 0n }]);
  while ((await tail.read(stringSerde, jsonSerde<Report>())).length === 0) await new Promise(setImmediate);
  // Nothing more comes: only the task itself can end this.
  while ((await unflushedBytes()) > 0) await new Promise(setImmediate);
  await app.close();
});

const oneToForty = Array.from({ length: 40 }, (_, index) => index + 1);

test('K6 a full disk fails no task: the layer is kept, admission stops at its bound, and a later flush writes it', async () => {
  const full = () => new StepwrightError('STATE_DISK_FULL', 'planned', { disposition: 'retry' });
  const { sums, failed } = await runWith(createFailingFactory(), [full(), full(), full()], { unflushedBytes: 1 });
  assert.deepEqual(sums, oneToForty);
  assert.deepEqual(failed, []);
});

test('K5 a store that fails while a commit is on its way is closed after it, and nothing is lost', async () => {
  const factory = createFailingFactory();
  const corrupt = Array.from({ length: 3 }, () => new StepwrightError('STATE_CORRUPT', 'planned', { disposition: 'rebuild-task' }));
  const { sums } = await runWith(factory, corrupt, { commitIntervalMs: 0, recordsPerTurn: 1 });
  assert.deepEqual(sums, oneToForty);
});

test('K5 a store found corrupt by a flush is deleted for that reason and restored from its changelogs, and nothing is lost', async () => {
  const factory = createFailingFactory();
  const corrupt = new StepwrightError('STATE_CORRUPT', 'planned', { disposition: 'rebuild-task' });
  const { sums, restores, failed } = await runWith(factory, [corrupt]);
  assert.deepEqual(sums, oneToForty);
  assert.deepEqual(failed, [corrupt]);
  assert.equal(factory.destroyCount, 1);
  assert.ok((restores.at(-1)?.restoredCount ?? 0) > 0);
  assert.deepEqual(
    restores.map(({ wiped }) => wiped),
    [undefined, 'checksum-failed'],
  );
});
