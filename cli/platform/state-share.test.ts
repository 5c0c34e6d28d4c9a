import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StateBudgets } from '../../state/task-state.ts';
import { shareState } from './state-share.ts';

const mebibyte = 1 << 20;

function heldBytes({ cacheBytes, blockCacheBytes, memtableBytes, flushBounds }: StateBudgets): number {
  return cacheBytes + blockCacheBytes + memtableBytes + flushBounds.bytes;
}

/** Tasks of each thread when `threadCount` share them as evenly as they can, and when one has them all. */
function spreads(partitionCount: number, threadCount: number): readonly (readonly number[])[] {
  const even = Array.from({ length: threadCount }, (_, index) => Math.floor((partitionCount + index) / threadCount));
  return [even, [partitionCount, ...Array.from({ length: threadCount - 1 }, () => 0)]];
}

for (const processBytes of [16 * mebibyte, 64 * mebibyte, 1024 * mebibyte]) {
  test(`the tasks of all threads together hold ${processBytes / mebibyte} MiB at most, however many there are of both`, () => {
    for (const partitionCount of [1, 4, 16, 64, 256, 1_024])
      for (const threadCount of [1, 2, 7, 64])
        for (const counts of spreads(partitionCount, threadCount)) {
          // Each thread works its own share out, from the same numbers.
          const sum = counts.reduce((bytes, taskCount) => bytes + taskCount * heldBytes(shareState(processBytes, partitionCount)), 0);
          assert.ok(sum <= processBytes, `${partitionCount} partitions in ${threadCount} threads hold ${sum}`);
        }
  });
}

test('a restore holds no more than a task that processes', () => {
  for (const taskCount of [1, 4, 64, 1_024]) {
    const budgets = shareState(64 * mebibyte, taskCount);
    const restoring = budgets.restoreBatchBytes + budgets.blockCacheBytes + budgets.memtableBytes;
    assert.ok(restoring <= heldBytes(budgets));
  }
});

test('a task folds a mebibyte before it flushes, and less only when the bound leaves it less than four', () => {
  const flushBytes = (taskCount: number): number => shareState(64 * mebibyte, taskCount).flushBounds.bytes;
  assert.deepEqual([1, 4, 16, 32, 256].map(flushBytes), [mebibyte, mebibyte, mebibyte, mebibyte / 2, mebibyte / 16]);
});
