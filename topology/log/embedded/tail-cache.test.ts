import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchView } from '../batch/batch-view.ts';
import { encodeBatch } from '../batch/encode-batch.ts';
import type { Tail } from './tail-cache.ts';
import { TailCache } from './tail-cache.ts';

function batchAt(baseOffset: bigint): BatchView {
  return new BatchView(encodeBatch([{ key: null, value: Buffer.alloc(100), timestampMs: 0 }], { baseOffset, hasChecksum: false }));
}

const batchBytes = batchAt(0n).bytes.length;

function emptyTail(): Tail {
  return { batches: [], firstOffset: 0n };
}

function offsetsOf(tail: Tail): readonly bigint[] {
  return tail.batches.map((batch) => batch.baseOffset);
}

test('the oldest batch of all partitions goes first when the budget is used up', () => {
  const cache = new TailCache(3 * batchBytes);
  const [one, two] = [emptyTail(), emptyTail()];
  cache.add(one, batchAt(0n));
  cache.add(two, batchAt(0n));
  cache.add(two, batchAt(1n));
  cache.add(two, batchAt(2n));
  assert.deepEqual(offsetsOf(one), []);
  assert.equal(one.firstOffset, 1n);
  assert.deepEqual(offsetsOf(two), [0n, 1n, 2n]);
  cache.add(one, batchAt(1n));
  assert.deepEqual(offsetsOf(two), [1n, 2n]);
  assert.equal(two.firstOffset, 1n);
});

test('a cleared tail says that storage has everything up to its end, and later batches are kept again', () => {
  const cache = new TailCache(3 * batchBytes);
  const tail = emptyTail();
  for (let offset = 0n; offset < 3n; offset++) cache.add(tail, batchAt(offset));
  cache.clear(tail);
  assert.deepEqual(offsetsOf(tail), []);
  assert.equal(tail.firstOffset, 3n);
  for (let offset = 3n; offset < 6n; offset++) cache.add(tail, batchAt(offset));
  assert.deepEqual(offsetsOf(tail), [3n, 4n, 5n]);
});

test('over thousands of batches the cache never holds more than its budget', () => {
  const cache = new TailCache(10 * batchBytes);
  const tails = [emptyTail(), emptyTail(), emptyTail()];
  for (let index = 0; index < 5000; index++) {
    const tail = tails[index % 3];
    assert.ok(tail !== undefined);
    if (index % 97 === 0) cache.clear(tail);
    cache.add(tail, batchAt(BigInt(Math.floor(index / 3))));
    const held = tails.reduce((count, one) => count + one.batches.length, 0);
    assert.ok(held <= 10, `${held} batches at ${index}`);
  }
});

test('without a budget nothing is kept, and the tail says so', () => {
  const cache = new TailCache(0);
  const tail = emptyTail();
  cache.add(tail, batchAt(0n));
  assert.deepEqual(offsetsOf(tail), []);
  assert.equal(tail.firstOffset, 1n);
});

test('a tail that is cleared over and over, as compaction does, leaves nothing behind', () => {
  const cache = new TailCache(1_000_000 * batchBytes);
  const tail = emptyTail();
  for (let offset = 0n; offset < 20_000n; offset++) {
    cache.add(tail, batchAt(offset));
    cache.clear(tail);
  }
  assert.ok(cache.placeCount < 5000, `${cache.placeCount} places are kept for no batch`);
});

test('what was cleared does not make younger batches go before older ones', () => {
  const cache = new TailCache(3 * batchBytes);
  const [cleared, other] = [emptyTail(), emptyTail()];
  cache.add(cleared, batchAt(0n));
  cache.add(cleared, batchAt(1n));
  cache.clear(cleared);
  cache.add(other, batchAt(0n));
  cache.add(cleared, batchAt(2n));
  cache.add(cleared, batchAt(3n));
  cache.add(cleared, batchAt(4n));
  assert.deepEqual([offsetsOf(other), offsetsOf(cleared)], [[], [2n, 3n, 4n]]);
});
