import type { EmbeddedPartition } from './embedded-partition.ts';
import type { Rocks, Row } from './rocks.ts';
import { inSlices } from './slices.ts';
import { appendedAtMsOf, batchesEnd, batchesFrom, lastOffsetOf } from './storage-keys.ts';
import { moveStart } from './trim.ts';

const keysPerSlice = 512;
const bytesPerSlice = 1_048_576;

/**
 * Moves the start of a partition past batches that were appended before `beforeMs`. Ages are those of the append, not of the records, so a
 * replay of old events is not deleted as it arrives.
 */
export async function retainSince(rocks: Rocks, partition: EmbeddedPartition, beforeMs: number): Promise<void> {
  moveStart(rocks, partition, await endOfOlderThan(rocks, partition, beforeMs));
}

/**
 * Moves the start of a partition so that at most `maxBytes` of batches stay. Call it after `removeGarbage`. Counts the stored bytes once;
 * from then on it reads only what it drops.
 */
export async function retainBytes(rocks: Rocks, partition: EmbeddedPartition, maxBytes: number): Promise<void> {
  if (partition.storedBytes === undefined) await countStoredBytes(rocks, partition);
  const excessBytes = (partition.storedBytes ?? 0) - maxBytes;
  if (excessBytes > 0) moveStart(rocks, partition, await endOfFirstBytes(rocks, partition, excessBytes));
}

/** Position after the leading batches that were appended before `beforeMs`. */
async function endOfOlderThan(rocks: Rocks, partition: EmbeddedPartition, beforeMs: number): Promise<bigint> {
  let end = partition.startOffset;
  await inSlices(() => {
    if (partition.isDeleted) return 'done';
    const rows = rocks.scan({
      gte: batchesFrom(partition.address, end),
      lt: batchesEnd(partition.address),
      limit: keysPerSlice,
      keysOnly: true,
    });
    for (const { key } of rows) {
      if (appendedAtMsOf(key) >= beforeMs) return 'done';
      end = lastOffsetOf(key) + 1n;
    }
    return rows.length < keysPerSlice ? 'done' : 'more';
  });
  return end;
}

/** Appends may go on between slices: they lie behind the position and are counted when it gets there. */
async function countStoredBytes(rocks: Rocks, partition: EmbeddedPartition): Promise<void> {
  let byteCount = 0;
  await scanForward(rocks, partition, ({ value }) => {
    byteCount += value.length;
    return 'more';
  });
  partition.storedBytes = byteCount;
}

/** Position after the leading batches that together have at least `excessBytes`. */
async function endOfFirstBytes(rocks: Rocks, partition: EmbeddedPartition, excessBytes: number): Promise<bigint> {
  let byteCount = 0;
  let end = partition.startOffset;
  await scanForward(rocks, partition, ({ key, value }) => {
    byteCount += value.length;
    end = lastOffsetOf(key) + 1n;
    return byteCount >= excessBytes ? 'done' : 'more';
  });
  return end;
}

async function scanForward(rocks: Rocks, partition: EmbeddedPartition, visit: (row: Row) => 'more' | 'done'): Promise<void> {
  let position = partition.startOffset;
  await inSlices(() => {
    if (partition.isDeleted) return 'done';
    const rows = rocks.scan({ gte: batchesFrom(partition.address, position), lt: batchesEnd(partition.address), maxBytes: bytesPerSlice });
    for (const row of rows) {
      if (visit(row) === 'done') return 'done';
      position = lastOffsetOf(row.key) + 1n;
    }
    return rows.length === 0 ? 'done' : 'more';
  });
}
