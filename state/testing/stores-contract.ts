import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Metrics } from '../../topology/base/metrics.ts';
import { silentMetrics } from '../../topology/base/metrics.ts';
import { hasCode } from '../../topology/base/errors.ts';
import { stringKey } from '../keys/key-serdes.ts';
import type { ContractBackend } from './contract-backend.ts';
import { windowStore } from '../store.ts';
import type { TaskState } from '../task-state.ts';
import { openTaskState } from '../task/open-task-state.ts';
import { contractSpecs, contractStores, createStoppedClock, StateHarness } from './state-harness.ts';

const { recent, windows, sessions, counts } = contractStores;

/** What TTL, window and session stores promise: all by stream time, whatever layer a row is in. */
export function storesContract({ name, createFactory, createDirectory }: ContractBackend): void {
  const start = async (): Promise<StateHarness> => {
    const harness = new StateHarness(createFactory(), createDirectory());
    await harness.open();
    return harness;
  };

  for (const layer of ['open', 'committed', 'stored'] as const) {
    const settle = async (harness: StateHarness): Promise<void> => {
      if (layer !== 'open') harness.commit();
      if (layer === 'stored') await harness.flush();
    };

    test(`${name}: a TTL entry in the ${layer} layer ends ttlMs of stream time after its last write`, async () => {
      const harness = await start();
      const store = harness.state.store(recent);
      harness.state.advanceStreamTime(1_000);
      store.put('default', 1);
      store.put('explicit', 2, 950);
      await settle(harness);
      harness.state.advanceStreamTime(1_049);
      assert.deepEqual(store.getMany(['default', 'explicit']), [1, 2]);
      harness.state.advanceStreamTime(1_050);
      assert.deepEqual(store.getMany(['default', 'explicit']), [1, undefined]);
      assert.deepEqual([...store.range(undefined, undefined)], [['default', 1]]);
      store.put('default', 3);
      harness.state.advanceStreamTime(1_100);
      assert.deepEqual([...store.prefixScan(Buffer.from('d'), { limitCount: 1 })], [['default', 3]]);
      await harness.state.close();
    });

    test(`${name}: windows in the ${layer} layer are fetched by start and end with the retention`, async () => {
      const harness = await start();
      const store = harness.state.store(windows);
      harness.state.advanceStreamTime(100);
      for (const startMs of [10, 20, 90, 100]) store.put('k', startMs, startMs);
      store.put('k\0', 7, 20);
      store.put('kk', 8, 20);
      store.put('k', undefined, 90);
      await settle(harness);
      assert.equal(store.fetch('k', 20), 20);
      assert.equal(store.fetch('k', 90), undefined);
      const found = [...store.fetchRange('k', 10, 100)].map(([window, value]) => [window.startMs, window.endMs, value]);
      assert.deepEqual(found, [
        [10, 20, 10],
        [20, 30, 20],
        [100, 110, 100],
      ]);
      assert.deepEqual(
        [...store.fetchRange('k', 11, 99)].map(([window]) => window.startMs),
        [20],
      );
      assert.deepEqual(
        [...store.all(20, 20)].map(([window, value]) => [window.key, value]),
        [
          ['k', 20],
          ['k\0', 7],
          ['kk', 8],
        ],
      );
      harness.state.advanceStreamTime(110);
      assert.equal(store.fetch('k', 10), undefined);
      assert.deepEqual(
        [...store.fetchRange('k', 0, 100)].map(([window]) => window.startMs),
        [20, 100],
      );
      await harness.state.close();
    });

    test(`${name}: sessions in the ${layer} layer are found by overlap and removed on merge`, async () => {
      const harness = await start();
      const store = harness.state.store(sessions);
      harness.state.advanceStreamTime(200);
      const session = (key: string, startMs: number, endMs: number) => ({ key, startMs, endMs });
      store.put(session('k', 110, 120), 1);
      store.put(session('k', 140, 150), 2);
      store.put(session('k', 180, 200), 3);
      store.put(session('kk', 110, 120), 9);
      await settle(harness);
      assert.deepEqual(
        [...store.findSessions('k', 115, 145)].map(([, value]) => value),
        [1, 2],
      );
      assert.deepEqual(
        [...store.findSessions('k', 151, 170)].map(([, value]) => value),
        [],
      );
      for (const [found] of store.findSessions('k', 100, 150)) store.remove(found);
      store.put(session('k', 110, 150), 3);
      assert.deepEqual(
        [...store.fetch('k')].map(([found, value]) => [found.startMs, found.endMs, value]),
        [
          [110, 150, 3],
          [180, 200, 3],
        ],
      );
      harness.state.advanceStreamTime(250);
      assert.deepEqual(
        [...store.fetch('k')].map(([found]) => found.endMs),
        [200],
      );
      assert.deepEqual([...store.fetch('kk')], []);
      await harness.state.close();
    });
  }

  test(`${name}: puts behind the retention are dropped and counted by store`, async () => {
    const late: string[] = [];
    const metrics: Metrics = {
      ...silentMetrics,
      counter: (metric) => ({
        add: (_amount, labels) => metric === 'store_dropped_records_total' && late.push(labels?.['store'] ?? ''),
      }),
    };
    const state = await openContractState(metrics);
    state.advanceStreamTime(1_000);
    state.store(windows).put('k', 1, 900);
    state.store(windows).put('k', 1, 901);
    state.store(sessions).put({ key: 'k', startMs: 0, endMs: 900 }, 1);
    assert.deepEqual(late, ['windows', 'sessions']);
    assert.equal(state.takeChangelog().length, 1);
    await state.close();
  });

  test(`${name}: expired rows are deleted from store and changelog as stream time moves on, live ones stay`, async () => {
    const harness = await start();
    harness.state.advanceStreamTime(1_000);
    for (let key = 0; key < 200; key++) harness.state.store(recent).put(`k${key}`, key);
    harness.state.store(windows).put('k', 1, 1_000);
    harness.commit();
    await harness.flush();
    harness.state.advanceStreamTime(1_150);
    harness.state.store(recent).put('live', 1);
    const tombstones = { count: 0 };
    for (let round = 0; round < 4; round++) {
      harness.state.advanceStreamTime(1_150 + round);
      tombstones.count += harness.commit().filter((entry) => entry.value === null).length;
      await harness.flush();
    }
    assert.equal(tombstones.count, 201);
    assert.deepEqual([...harness.state.store(recent).range(undefined, undefined)], [['live', 1]]);
    await harness.state.close();
  });

  test(`${name}: a spec whose times make no sense is refused when the task opens`, async () => {
    const harness = new StateHarness(createFactory(), createDirectory());
    const short = windowStore('w', { key: stringKey, value: counts.value, windowSizeMs: 100, retentionMs: 99 });
    await assert.rejects(harness.open([short]), (error) => hasCode(error, 'TOPOLOGY_INVALID'));
    await assert.rejects(harness.open([counts, counts]), (error) => hasCode(error, 'TOPOLOGY_INVALID'));
  });

  function openContractState(metrics: Metrics): Promise<TaskState> {
    const options = { taskId: '0_0', directory: createDirectory(), stores: contractSpecs, clock: createStoppedClock() };
    return openTaskState({ ...options, backend: createFactory(), metrics });
  }
}
