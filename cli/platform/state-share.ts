import { defaultStateBudgets, type StateBudgets } from '../../state/task-state.ts';

/** The chain changes little state a second: more than this would fill for an hour before it empties, memory that looks like a leak. */
const maxTaskMemtableBytes = 4 << 20;

/** A flush of less costs more than it frees. */
const usualTaskFlushBytes = 1 << 20;

/** The bound on memory goes before that: with many tasks it is this share of a task's part, and flushes are more frequent. */
const mostFlushShare = 1 / 4;

/**
 * What each of `taskCount` tasks may hold so that all of them together hold `processBytes` at most: decoded values, blocks, write buffers and what is folded
 * and not flushed yet; while a task restores, its batch instead of values and folded ones. All partitions are counted, since a process, with its threads, may come to own them all.
 */
export function shareState(processBytes: number, taskCount: number): StateBudgets {
  const { cacheBytes, blockCacheBytes, memtableBytes, restoreBatchBytes, flushBounds } = defaultStateBudgets;
  const taskBytes = processBytes / taskCount;
  const flushBytes = Math.floor(Math.min(usualTaskFlushBytes, taskBytes * mostFlushShare));
  const share = (taskBytes - flushBytes) / (cacheBytes + blockCacheBytes + memtableBytes);
  const part = (bytes: number): number => Math.floor(bytes * share);
  return {
    cacheBytes: part(cacheBytes),
    blockCacheBytes: part(blockCacheBytes),
    memtableBytes: Math.min(part(memtableBytes), maxTaskMemtableBytes),
    restoreBatchBytes: Math.min(restoreBatchBytes, part(cacheBytes) + flushBytes),
    flushBounds: { ...flushBounds, bytes: flushBytes },
  };
}
