import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InputRecord, RecordBatch } from '../log/log.ts';
import { InputQueue, PartitionGroup } from './partition-group.ts';

const record = (offset: bigint, timestampMs: number): InputRecord => ({
  offset,
  timestampMs,
  key: null,
  value: Buffer.alloc(10),
  headers: [],
});
const batch = (topic: string, records: readonly InputRecord[], nextOffset: bigint): RecordBatch => ({
  topic,
  partition: 0,
  records,
  nextOffset,
});
const queueAt = (topic: string, nextOffset = 0n) => new InputQueue({ topic, partition: 0 }, nextOffset);

test('the position follows the records, and jumps over what is invisible behind the last of a batch', () => {
  const queue = queueAt('a');
  queue.add(batch('a', [record(0n, 1), record(3n, 2)], 9n));
  assert.equal(queue.nextOffset(), 0n);
  queue.take();
  assert.equal(queue.nextOffset(), 1n);
  queue.take();
  assert.equal(queue.nextOffset(), 9n);
  assert.equal(queue.take(), undefined);
});

test('a rewind forgets what is buffered', () => {
  const queue = queueAt('a');
  queue.add(batch('a', [record(5n, 1), record(6n, 1)], 7n));
  queue.take();
  queue.rewind(5n);
  assert.deepEqual([queue.nextOffset(), queue.recordCount(), queue.byteCount(), queue.take()], [5n, 0, 0, undefined]);
});

test('an empty batch moves the position only when nothing is buffered before it', () => {
  const queue = queueAt('a');
  queue.add(batch('a', [record(0n, 1)], 1n));
  queue.add(batch('a', [], 5n));
  assert.equal(queue.nextOffset(), 0n);
  queue.take();
  queue.add(batch('a', [], 5n));
  assert.equal(queue.nextOffset(), 5n);
});

test('bytes are counted until their batch is used up', () => {
  const queue = queueAt('a');
  queue.add(batch('a', [record(0n, 1), record(1n, 1)], 2n));
  queue.add(batch('a', [record(2n, 1)], 3n));
  const counts = [queue.byteCount()];
  while (queue.take() !== undefined) counts.push(queue.byteCount());
  assert.deepEqual(counts, [30, 30, 10, 0]);
});

test('of several partitions the record with the lowest time comes first', () => {
  const [left, right] = [queueAt('a'), queueAt('b')];
  const group = new PartitionGroup([left, right]);
  left.add(batch('a', [record(0n, 10), record(1n, 40)], 2n));
  right.add(batch('b', [record(0n, 20), record(1n, 30)], 2n));
  const times: (number | undefined)[] = [];
  for (let queue = group.nextQueue(); queue !== undefined; queue = group.nextQueue()) times.push(queue.take()?.timestampMs);
  assert.deepEqual(times, [10, 20, 30, 40]);
});
