import type { TopicDescription } from '../log.ts';
import type { EmbeddedPartition } from './embedded-partition.ts';
import type { Rocks } from './rocks.ts';
import { inSlices } from './slices.ts';
import { appendedAtMsOf, batchesEnd, batchesFrom, lastOffsetOf } from './storage-keys.ts';
import { moveStart } from './trim.ts';

const keysPerSlice = 512;
const bytesPerSlice = 1_048_576;

/**
 * Moves the start of a partition past batches that are too old or too much. Ages are those of the append, not of the records, so a replay of
 * old events is not deleted as it arrives.
 */
export async function applyRetention(
  rocks: Rocks,
  partition: EmbeddedPartition,
  policy: { readonly topic: TopicDescription; readonly nowMs: number },
): Promise<void> {
  const { topic, nowMs } = policy;
  if (topic.retentionMs >= 0) moveStart(rocks, partition, await endOfOlderThan(rocks, partition, nowMs - topic.retentionMs));
  if (topic.retentionBytes >= 0) moveStart(rocks, partition, await startOfNewest(rocks, partition, topic.retentionBytes));
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

/** Start of the newest batches that together are at most `maxBytes`, read from the end, so the cost is that of what is kept. */
async function startOfNewest(rocks: Rocks, partition: EmbeddedPartition, maxBytes: number): Promise<bigint> {
  let byteCount = 0;
  let start = partition.startOffset;
  let lt = batchesEnd(partition.address);
  await inSlices(() => {
    if (partition.isDeleted) return 'done';
    const gte = batchesFrom(partition.address, partition.startOffset);
    const rows = rocks.scan({ gte, lt, reverse: true, maxBytes: bytesPerSlice });
    for (const { key, value } of rows) {
      byteCount += value.length;
      if (byteCount > maxBytes) {
        start = lastOffsetOf(key) + 1n;
        return 'done';
      }
      lt = key;
    }
    return rows.length === 0 ? 'done' : 'more';
  });
  return start;
}
