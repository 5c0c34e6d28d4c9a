/** K1–K8 of the commit cycle (DESIGN §3.3), each through the same loop, tasks and commits that an app runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSerde, stringSerde } from '../../schemas/serdes.ts';
import { createMemoryBackendFactory } from '../../state/memory/memory-backend.ts';
import { defaultStateBudgets } from '../../state/task-state.ts';
import { StepwrightError } from '../base/errors.ts';
import type { Log } from '../log/log.ts';
import { createMemoryLog } from '../log/memory/memory-log.ts';
import { PlannedCrash, planCrash } from '../testing/crash-points.ts';
import { Faults } from '../testing/faults.ts';
import { createFaultyLog } from '../testing/faulty-log.ts';
import { createRecordingMetrics } from '../testing/recording-metrics.ts';
import type { Amount, Report } from '../testing/sample-topology.ts';
import { createSampleTopology, sampleStores } from '../testing/sample-topology.ts';
import { TopicTail } from '../testing/topic-tail.ts';
import type { TestDriverOptions, TopologyTestDriver } from '../testing/topology-test-driver.ts';
import { createTopologyTestDriver } from '../testing/topology-test-driver.ts';
import { decodeCommitMetadata } from './commit-metadata.ts';
import type { CrashPointName } from './crash-points.ts';
import { crashPointNames } from './crash-points.ts';

const amountSerde = jsonSerde<Amount>();
const reportSerde = jsonSerde<Report>();
const input = { topic: 'amounts', partition: 0 };
const flushAtOnce = { ...defaultStateBudgets, flushBounds: { bytes: 1, recordCount: 1, ageMs: 1e9 } };
const flushNever = { ...defaultStateBudgets, flushBounds: { bytes: 1e9, recordCount: 1e9, ageMs: 1e9 } };

function start(options: Partial<TestDriverOptions> = {}): Promise<TopologyTestDriver> {
  return createTopologyTestDriver({ topology: createSampleTopology(), stateBudgets: flushNever, ...options });
}

/** `values` of one key, a second apart, as one batch. */
async function pipe(driver: TopologyTestDriver, amounts: readonly (number | Amount)[], firstMs = 10_000): Promise<void> {
  const records = amounts.map((amount, index) => ({
    key: 'a',
    value: typeof amount === 'number' ? { amount } : amount,
    timestampMs: firstMs + index * 100,
  }));
  await driver.input('amounts', stringSerde, amountSerde).pipeAll(records);
}

async function sums(log: Log): Promise<readonly (number | undefined)[]> {
  const tail = new TopicTail(log, [{ topic: 'reports', partition: 0, nextOffset: 0n }]);
  return (await tail.read(stringSerde, reportSerde)).map(({ value }) => value?.sum);
}

async function changelogSums(log: Log): Promise<readonly (number | undefined)[]> {
  const tail = new TopicTail(log, [{ topic: 'sample-totals-changelog', partition: 0, nextOffset: 0n }]);
  return (await tail.read(stringSerde, jsonSerde<{ sum: number }>())).map(({ value }) => value?.sum);
}

async function committedOffset(log: Log): Promise<bigint | undefined> {
  return (await log.committed('sample', [input]))[0]?.nextOffset;
}

/** Runs until the planned crash and leaves what a killed process leaves. */
async function crashAt(
  point: CrashPointName,
  log: Log,
  backend = createMemoryBackendFactory(),
  budgets = flushNever,
): Promise<TopologyTestDriver> {
  const crashPoints = planCrash({ point });
  const driver = await start({ log, backend, crashPoints, stateBudgets: budgets });
  await assert.rejects(pipe(driver, [1, 2, 3]), PlannedCrash);
  await driver.kill();
  return driver;
}

test('K1 a record sees what an earlier record of the open transaction wrote', async () => {
  const driver = await start();
  await pipe(driver, [1, 2, 4]);
  await driver.settle();
  assert.deepEqual(await sums(driver.log), [1, 3, 7]);
  await driver.close();
});

test('K2 commits keep their interval however slow the records are: a turn ends when its time is up', async () => {
  const metrics = createRecordingMetrics();
  const slow: { advance?: () => void } = {};
  // A poisoned record that does not throw takes 60 ms.
  const topology = createSampleTopology({ onPoison: (where) => where === 'process' && slow.advance?.() });
  const driver = await start({ topology, metrics });
  slow.advance = () => driver.clock.advance(60);
  await pipe(
    driver,
    Array.from({ length: 20 }, () => ({ amount: 1, poison: true })),
  );
  await driver.settle();
  const commitCount = metrics.total('commit_total');
  assert.ok(commitCount >= 20, `each of 20 slow records is due for a commit; there were ${commitCount}`);
  await driver.close();
});

test('K2 the changelog holds one entry per key and commit: the last', async () => {
  const driver = await start();
  await pipe(driver, [1, 2, 4]);
  await pipe(driver, [8, 16], 20_000);
  await driver.settle();
  assert.deepEqual(await changelogSums(driver.log), [7, 31]);
  await driver.close();
});

test('K2 before the log transaction commits nothing of it is visible, afterwards all of it', async () => {
  for (const point of ['commit-started', 'changelog-taken', 'records-sent'] as const) {
    const log = createMemoryLog();
    await crashAt(point, log);
    assert.deepEqual([await committedOffset(log), await changelogSums(log)], [undefined, []], point);
  }
  const log = createMemoryLog();
  await crashAt('log-committed', log);
  assert.deepEqual([await committedOffset(log), await changelogSums(log)], [3n, [6]]);
});

test('K2 offsets carry a commit id, another one for each commit, and the stream time', async () => {
  const driver = await start();
  const metadata = async () => decodeCommitMetadata((await driver.log.committed('sample', [input]))[0]?.metadata ?? '');
  await pipe(driver, [1]);
  const first = await metadata();
  await pipe(driver, [2], 20_000);
  const second = await metadata();
  assert.equal(first?.streamTimeMs, 10_000);
  assert.equal(second?.streamTimeMs, 20_000);
  assert.notEqual(first?.commitId, second?.commitId);
  await driver.close();
});

test('T1 stream time is that of the last commit after a restart, so that expiry does not depend on crashes', async () => {
  const log = createMemoryLog();
  const backend = createMemoryBackendFactory();
  const first = await start({ log, backend });
  await pipe(first, [1], 77_000);
  await first.kill();
  const second = await start({ log, backend });
  assert.equal(second.tasks()[0]?.state().streamTimeMs(), 77_000);
  await second.close();
});

test('K2 a flush writes the position of the very commit it holds, after the log was synced', async () => {
  const faults = new Faults();
  const log = createFaultyLog(createMemoryLog(), faults);
  const driver = await start({ log, stateBudgets: flushAtOnce });
  await pipe(driver, [1, 2]);
  await driver.settle();
  const [task] = driver.tasks();
  const [end] = await log.offsets([{ topic: 'sample-totals-changelog', partition: 0 }], 'read_committed');
  assert.equal(task?.state().position().changelogs.get('totals')?.nextOffset, end?.nextOffset);
  assert.ok(faults.countOf('sync') > 0);
  await driver.close();
});

test('K2 the store never runs ahead: a crash before the commit leaves the last flushed state', async () => {
  const log = createMemoryLog();
  const backend = createMemoryBackendFactory();
  await crashAt('records-sent', log, backend, flushAtOnce);
  const driver = await start({ log, backend });
  await driver.settle();
  assert.deepEqual(driver.store(sampleStores.totals).get('a'), { count: 3, sum: 6, min: 1, max: 3 });
  assert.deepEqual(await sums(log), [1, 3, 6]);
  await driver.close();
});

for (const point of crashPointNames.filter((name) => name !== 'rolled-back')) {
  test(`K3 K5 a crash at ${point} loses nothing, doubles nothing and wipes nothing`, async () => {
    const log = createMemoryLog();
    const backend = createMemoryBackendFactory();
    const first = await start({ log, backend, stateBudgets: flushAtOnce });
    await pipe(first, [100]);
    await first.settle();
    await first.close();
    const crashPoints = planCrash({ point });
    await assert.rejects(async () => {
      const driver = await start({ log, backend, crashPoints, stateBudgets: flushAtOnce });
      try {
        await pipe(driver, [1, 2, 3], 20_000);
        await driver.settle();
        // A flush runs beside the task: its crash shows at the next step.
        await driver.run();
      } catch (error) {
        await driver.kill();
        throw error;
      }
    }, PlannedCrash);
    const metrics = createRecordingMetrics();
    const last = await start({ log, backend, metrics });
    if ((await log.offsets([input], 'read_committed'))[0]?.nextOffset === 1n) await pipe(last, [1, 2, 3], 20_000);
    await last.settle();
    assert.deepEqual(last.store(sampleStores.totals).get('a'), { count: 4, sum: 106, min: 1, max: 100 });
    // The quiet timer of the first record fires before the second; see the sample.
    assert.deepEqual(await sums(log), [100, 100, 101, 103, 106]);
    assert.equal(metrics.total('state_wipes_total'), 0);
    await last.close();
  });
}

test('K3 a restart restores the tail behind the last flush and no more', async () => {
  const log = createMemoryLog();
  const backend = createMemoryBackendFactory();
  const first = await start({ log, backend });
  for (let round = 0; round < 50; round += 1) await pipe(first, [1], 10_000 + round * 10);
  await first.settle();
  await first.close();
  const second = await start({ log, backend });
  await pipe(second, [1], 20_000);
  await second.settle();
  await second.kill();
  const metrics = createRecordingMetrics();
  const third = await start({ log, backend, metrics });
  // Behind the flush: totals, window, timer, and the put and delete of three in-flight entries (total, quiet, and its own).
  assert.ok(metrics.total('restore_total') <= 8, `${metrics.total('restore_total')} entries`);
  assert.equal(third.store(sampleStores.totals).get('a')?.count, 51);
  await third.close();
});

test('K4 a processor that fails after it wrote leaves no trace in store, changelog, outputs, timers and async buffers', async () => {
  const log = createMemoryLog();
  let isBroken = true;
  const topology = createSampleTopology({
    onPoison: () => {
      if (isBroken) throw new TypeError('a bug');
    },
  });
  const backend = createMemoryBackendFactory();
  const driver = await start({ topology, log, backend });
  await pipe(driver, [1]);
  await driver.settle();
  await assert.rejects(pipe(driver, [2, { amount: 4, poison: true }], 20_000), TypeError);
  await driver.kill();
  assert.deepEqual([await sums(log), await changelogSums(log), await committedOffset(log)], [[1], [1], 1n]);
  isBroken = false;
  const fixed = await start({ topology, log, backend });
  await fixed.settle();
  assert.deepEqual(await sums(log), [1, 1, 3, 7]);
  await fixed.close();
});

test('K4 a stale member rolls back in memory and commits the same input under its new generation', async () => {
  const faults = new Faults();
  const base = createMemoryLog();
  const log = createFaultyLog(base, faults);
  const metrics = createRecordingMetrics();
  const driver = await start({ log, metrics });
  faults.failAt('commit:before', { error: () => new StepwrightError('LOG_STALE_MEMBER', 'planned', { disposition: 'rebuild-task' }) });
  await pipe(driver, [1, 2]);
  await driver.settle();
  assert.deepEqual(await sums(base), [1, 3]);
  assert.equal(metrics.total('rollback_total'), 1);
  assert.equal(metrics.total('state_wipes_total'), 0);
  await driver.close();
});

test('K6 a full async buffer stops admission only: what was admitted finishes, then the rest comes', async () => {
  const waiting: (() => void)[] = [];
  const topology = createSampleTopology({ delay: () => new Promise((resolve) => void waiting.push(resolve)) });
  const driver = await start({ topology, bounds: { asyncRecordCount: 2, recordsPerTurn: 1 } });
  const records = ['a', 'b', 'c', 'd', 'e'].map((key, index) => ({ key, value: { amount: 1 }, timestampMs: 10_000 + index }));
  await driver.input('amounts', stringSerde, amountSerde).pipeAll(records);
  assert.equal(waiting.length, 2);
  assert.equal(driver.tasks()[0]?.bufferedRecordCount(), 3);
  assert.equal(await committedOffset(driver.log), 2n, 'offsets move past what is in flight');
  let releasedCount = 0;
  while (releasedCount < 5) {
    waiting.shift()?.();
    releasedCount += 1;
    await new Promise(setImmediate);
    await driver.run();
  }
  await driver.settle();
  assert.equal((await sums(driver.log)).length, 5);
  await driver.close();
});

test('K6 a transaction at its bound commits early and goes on', async () => {
  const metrics = createRecordingMetrics();
  const driver = await start({ metrics, bounds: { transactionRecordCount: 1, commitIntervalMs: 1e9 } });
  const records = Array.from({ length: 100 }, (_, index) => ({ key: `k${index}`, value: { amount: 1 }, timestampMs: 10_000 }));
  await driver.input('amounts', stringSerde, amountSerde).pipeAll(records);
  assert.equal(driver.tasks()[0]?.bufferedRecordCount(), 0);
  assert.ok(metrics.total('commit_total') >= 3, `${metrics.total('commit_total')} commits`);
  await driver.close();
});

test('K7 a fenced owner stops at its next commit, writes nothing, and leaves the store to the next', async () => {
  const log = createMemoryLog();
  const backend = createMemoryBackendFactory();
  const driver = await start({ log, backend });
  await pipe(driver, [1]);
  await driver.settle();
  const rival = await log.openSink({ transactionalId: 'sample-0-0' });
  await assert.rejects(pipe(driver, [2], 20_000), { code: 'TASK_LOST' });
  assert.deepEqual([await sums(log), await committedOffset(log)], [[1], 1n]);
  await driver.kill();
  await rival.close();
  const next = await start({ log, backend });
  await next.settle();
  assert.deepEqual(await sums(log), [1, 1, 3]);
  await next.close();
});

test('K8 an unknown outcome that was a commit is folded: nothing is done twice', async () => {
  const faults = new Faults();
  const base = createMemoryLog();
  const metrics = createRecordingMetrics();
  const driver = await start({ log: createFaultyLog(base, faults), metrics });
  faults.failAt('commit:after');
  await pipe(driver, [1, 2]);
  await driver.settle();
  assert.deepEqual(await sums(base), [1, 3]);
  assert.equal(metrics.total('rollback_total'), 0);
  assert.equal(faults.pendingCount, 0);
  await driver.close();
});

test('K8 an unknown outcome that was no commit is rolled back and done again', async () => {
  const faults = new Faults();
  const base = createMemoryLog();
  const metrics = createRecordingMetrics();
  const driver = await start({ log: createFaultyLog(base, faults), metrics });
  faults.failAt('commit:before');
  await pipe(driver, [1, 2]);
  await driver.settle();
  assert.deepEqual(await sums(base), [1, 3]);
  assert.equal(metrics.total('rollback_total'), 1);
  await driver.close();
});

test('K8 an unknown outcome under which somebody else committed means that the task is lost', async () => {
  const faults = new Faults();
  const base = createMemoryLog();
  const log = createFaultyLog(base, faults);
  const driver = await start({ log });
  await pipe(driver, [1]);
  await driver.settle();
  faults.failAt('commit:before');
  const held = faults.holdAt('committed');
  const rejected = assert.rejects(pipe(driver, [2], 20_000), { code: 'TASK_LOST' });
  await held.reached;
  const rival = await base.openSink({ transactionalId: 'sample-0-0' });
  rival.begin();
  const membership = { groupId: 'sample', memberId: 'test-driver', generation: 1 };
  await rival.commit([{ ...input, nextOffset: 2n, metadata: '1;somebody-else;0' }], membership);
  held.release();
  await rejected;
  assert.deepEqual(await sums(base), [1]);
  await driver.kill();
});
