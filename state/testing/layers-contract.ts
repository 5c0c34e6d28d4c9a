import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../topology/base/errors.ts';
import { stringKey } from '../keys/key-serdes.ts';
import type { ContractBackend } from './contract-backend.ts';
import { keyValueStore, windowStore } from '../store.ts';
import type { KeyValueStore } from '../store.ts';
import { contractSpecs, contractStores, StateHarness } from './state-harness.ts';

const { counts, pairs, local } = contractStores;

/** Layers, commit cycle, flush, restore and wipe: the K invariants by number. */
export function layersContract({ name, createFactory, createDirectory }: ContractBackend): void {
  const start = async (budgets?: ConstructorParameters<typeof StateHarness>[2]): Promise<StateHarness> => {
    const harness = new StateHarness(createFactory(), createDirectory(), budgets);
    await harness.open();
    return harness;
  };

  test(`${name}: K1 reads and range scans see open, committed, flushing and store, in this order`, async () => {
    const harness = await start();
    const store = harness.state.store(counts);
    for (const key of ['a', 'b', 'c', 'd', 'e']) store.put(key, 1);
    harness.commit();
    await harness.flush();
    for (const key of ['b', 'c', 'd']) store.put(key, 2);
    store.delete('e');
    harness.commit();
    harness.faults.hold();
    const flushing = harness.flush();
    await Promise.resolve();
    store.put('c', 3);
    store.put('d', 3);
    store.put('e', 3);
    harness.commit();
    store.put('d', 4);
    store.delete('a');
    store.put('bb', 4);
    const expected = [
      ['b', 2],
      ['bb', 4],
      ['c', 3],
      ['d', 4],
      ['e', 3],
    ];
    assert.deepEqual([...store.range(undefined, undefined)], expected);
    assert.deepEqual([...store.range(undefined, undefined, { reverse: true })], expected.toReversed());
    assert.deepEqual([...store.range('bb', 'd')], expected.slice(1, 3));
    assert.deepEqual([...store.range('bb', undefined, { reverse: true, limitCount: 2 })], expected.slice(3).toReversed());
    assert.deepEqual([...store.prefixScan(Buffer.from('b'))], expected.slice(0, 2));
    assert.deepEqual(store.getMany(['a', 'b', 'c', 'd', 'e', 'f']), [undefined, 2, 3, 4, 3, undefined]);
    harness.faults.release();
    await flushing;
    assert.deepEqual([...store.range(undefined, undefined)], expected);
    assert.equal(harness.faults.openCursorCount(), 0);
    await harness.state.close();
  });

  test(`${name}: a scan sees writes ahead of it and closes its cursor on break, throw and end`, async () => {
    const harness = await start();
    const store = harness.state.store(counts);
    for (const key of ['a', 'b', 'c']) store.put(key, 1);
    harness.commit();
    await harness.flush();
    const seen: string[] = [];
    for (const [key] of store.range(undefined, undefined)) {
      seen.push(key);
      if (key === 'a') {
        store.delete('b');
        store.put('bb', 1);
      }
    }
    assert.deepEqual(seen, ['a', 'bb', 'c']);
    for (const _ of store.range(undefined, undefined)) break;
    assert.throws(() => {
      for (const [key] of store.range(undefined, undefined)) throw new RangeError(key);
    }, RangeError);
    assert.equal(harness.faults.openCursorCount(), 0);
    await harness.state.close();
  });

  test(`${name}: K2 takeChangelog gives the last value of each key, null for a delete, and the store never runs ahead of a fold`, async () => {
    const harness = await start();
    const store = harness.state.store(counts);
    store.put('x', 1);
    store.put('x', 2);
    store.put('y', 1);
    store.delete('y');
    harness.state.store(local).put('l', 1);
    const entries = harness.state.takeChangelog().map(({ store: from, key, value }) => [from, key.toString(), value?.toString() ?? null]);
    assert.deepEqual(entries, [
      ['counts', 'x', '2'],
      ['counts', 'y', null],
    ]);
    assert.equal(harness.state.takeChangelog().length, 2, 'asking again changes nothing');
    await harness.flush();
    await harness.state.close();
    await harness.open();
    assert.equal(harness.state.store(counts).get('x'), undefined, 'an open layer is never flushed');
    await harness.state.close();
  });

  test(`${name}: K2 a write between takeChangelog and fold is a programming mistake that fold refuses`, async () => {
    const harness = await start();
    const store = harness.state.store(counts);
    store.put('x', 1);
    harness.state.takeChangelog();
    store.put('x', 2);
    assert.throws(() => harness.state.fold(), /K2/);
    await harness.state.close();
  });

  test(`${name}: K2 data, positions, metadata and stream time of a flush are of one moment`, async () => {
    const harness = await start();
    const store = harness.state.store(counts);
    harness.state.advanceStreamTime(500);
    store.put('x', 1);
    harness.commit();
    await harness.flush();
    harness.state.advanceStreamTime(900);
    store.put('x', 2);
    harness.commit();
    await harness.state.close();
    await harness.open();
    const position = harness.state.position();
    assert.deepEqual(position.changelogs.get('counts'), { nextOffset: 1n, topicId: 'topic' });
    assert.deepEqual([position.metadata, position.streamTimeMs, position.flushedAtMs], ['commit 1', 500, harness.clock.nowMs()]);
    assert.equal(harness.state.store(counts).get('x'), 1);
    await harness.state.close();
  });

  test(`${name}: K4 dropOpen forgets the open layer and its stream time and nothing else`, async () => {
    const harness = await start();
    const store = harness.state.store(counts);
    harness.state.advanceStreamTime(10);
    store.put('kept', 1);
    harness.commit();
    harness.state.advanceStreamTime(99);
    store.put('kept', 2);
    store.put('new', 2);
    harness.state.dropOpen();
    assert.deepEqual([store.get('kept'), store.get('new'), harness.state.streamTimeMs()], [1, undefined, 10]);
    assert.deepEqual([...store.range(undefined, undefined)], [['kept', 1]]);
    const { openBytes, openCount, unflushedCount } = harness.state.usage();
    assert.deepEqual([openBytes, openCount, unflushedCount], [0, 0, 1]);
    await harness.state.close();
  });

  test(`${name}: a full disk loses nothing: the layer stays, newer commits win, the next flush writes all`, async () => {
    const harness = await start();
    const store = harness.state.store(counts);
    store.put('x', 1);
    store.put('y', 1);
    harness.commit();
    harness.faults.hold();
    harness.faults.failWrites(1);
    const failing = harness.flush();
    await Promise.resolve();
    store.put('x', 2);
    harness.commit();
    harness.faults.release();
    await assert.rejects(failing, (error) => hasCode(error, 'STATE_DISK_FULL') && error.disposition === 'retry');
    assert.deepEqual(store.getMany(['x', 'y']), [2, 1]);
    assert.equal(harness.state.position().flushedAtMs, undefined);
    assert.deepEqual([harness.state.usage().unflushedCount, harness.state.usage().unflushedBytes], [2, 2]);
    await harness.flush();
    assert.deepEqual([harness.state.usage().unflushedCount, harness.state.usage().unflushedBytes], [0, 0]);
    await harness.state.close();
    await harness.open();
    assert.deepEqual(harness.state.store(counts).getMany(['x', 'y']), [2, 1]);
    await harness.state.close();
  });

  test(`${name}: K6 usage counts what the layers hold, shouldFlush says when a bound is passed`, async () => {
    const harness = await start({ flushBounds: { bytes: 1_000, recordCount: 3, ageMs: 50 } });
    const store = harness.state.store(counts);
    assert.equal(harness.state.shouldFlush(), false);
    store.put('x', 1);
    harness.commit();
    assert.equal(harness.state.shouldFlush(), false);
    harness.clock.advance(50);
    assert.equal(harness.state.shouldFlush(), true, 'by age');
    await harness.flush();
    assert.equal(harness.state.shouldFlush(), false);
    for (const key of ['a', 'b', 'c']) store.put(key, 1);
    assert.equal(harness.state.usage().openCount, 3);
    harness.commit();
    assert.equal(harness.state.shouldFlush(), true, 'by records');
    await harness.flush();
    await harness.state.close();
  });

  test(`${name}: prefetch reads a batch of several stores with one native call, and only what memory does not know`, async () => {
    const harness = await start();
    harness.state.store(counts).put('x', 1);
    harness.state.store(pairs).put(['p', 1n], 5);
    harness.commit();
    await harness.flush();
    await harness.state.close();
    await harness.open();
    const { callCount, keyCount } = harness.faults.reads;
    const request = [
      { store: 'counts', keys: ['x', 'none', 'x'] },
      { store: 'pairs', keys: [['p', 1n]] },
    ];
    harness.state.prefetch(request);
    harness.state.prefetch(request);
    assert.deepEqual(harness.state.store(counts).getMany(['x', 'none']), [1, undefined]);
    assert.equal(harness.state.store(pairs).get(['p', 1n]), 5);
    assert.deepEqual([harness.faults.reads.callCount - callCount, harness.faults.reads.keyCount - keyCount], [1, 3]);
    await harness.state.close();
  });

  test(`${name}: a small cache forgets cold values and no change`, async () => {
    const harness = await start({ cacheBytes: 4_000 });
    const store = harness.state.store(counts);
    for (let key = 0; key < 300; key++) {
      store.put(`k${key}`, key);
      if (key % 7 === 0) harness.commit();
      if (key % 50 === 0) await harness.flush();
    }
    for (let key = 0; key < 300; key++) assert.equal(store.get(`k${key}`), key);
    harness.commit();
    await harness.flush();
    for (let key = 0; key < 300; key++) assert.equal(store.get(`k${key}`), key);
    assert.ok(harness.state.usage().cacheBytes < 8_000);
    await harness.state.close();
  });

  test(`${name}: K5 a wipe empties data, layers and position, and the changelog brings all back`, async () => {
    const harness = await start();
    const store = harness.state.store(counts);
    store.put('x', 1);
    harness.commit();
    await harness.flush();
    store.put('y', 1);
    harness.commit();
    await harness.state.wipe('requested');
    assert.deepEqual([...store.range(undefined, undefined)], []);
    assert.equal(harness.state.position().changelogs.size, 0);
    assert.equal(await harness.restore(), 2);
    assert.deepEqual(
      [...store.range(undefined, undefined)],
      [
        ['x', 1],
        ['y', 1],
      ],
    );
    await harness.state.close();
  });

  test(`${name}: K5 a restore cut short keeps the age of what it began with, a finished one is as old as its end`, async () => {
    const harness = await start({ restoreBatchBytes: 1 });
    for (let round = 0; round < 4; round++) {
      harness.state.store(counts).put(`k${round}`, round);
      harness.commit();
    }
    await harness.state.wipe('requested');
    const beganAtMs = harness.clock.nowMs();
    const part = (at: number): Promise<void> =>
      harness.state.restore(harness.log.slice(at, at + 1), new Map([['counts', { nextOffset: BigInt(at + 1), topicId: 'topic' }]]));
    await part(0);
    harness.clock.advance(1_000);
    await part(1);
    assert.equal(harness.state.position().changelogs.get('counts')?.nextOffset, 2n);
    assert.equal(harness.state.position().flushedAtMs, beganAtMs);
    await harness.crash();
    assert.equal(harness.state.position().flushedAtMs, beganAtMs + 1_000);
    assert.deepEqual(harness.state.store(counts).getMany(['k0', 'k1', 'k2', 'k3']), [0, 1, 2, 3]);
    await harness.state.close();
  });

  test(`${name}: a removed store leaves no rows to a new one, and another kind under an old name is refused`, async () => {
    const harness = await start();
    harness.state.store(counts).put('x', 1);
    harness.commit();
    await harness.flush();
    await harness.state.close();
    const fresh = keyValueStore('fresh', { key: stringKey, value: counts.value });
    await harness.open([...contractSpecs.filter((spec) => spec !== counts), fresh]);
    const seen: KeyValueStore<string, number> = harness.state.store(fresh);
    assert.deepEqual([...seen.range(undefined, undefined)], []);
    assert.equal(harness.state.position().changelogs.has('counts'), false);
    await harness.flush();
    await harness.state.close();
    await harness.open();
    assert.equal(harness.state.store(counts).get('x'), undefined);
    await harness.state.close();
    const changed = windowStore('pairs', { key: stringKey, value: counts.value, windowSizeMs: 1, retentionMs: 1 });
    await assert.rejects(harness.open([changed]), (error) => hasCode(error, 'STATE_FORMAT_VERSION'));
  });
}
