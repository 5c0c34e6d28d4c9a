import { BatchView } from '../batch/batch-view.ts';
import { encodeBatch } from '../batch/encode-batch.ts';
import type { InputRecord, TopicDescription } from '../log.ts';
import type { EmbeddedPartition } from './embedded-partition.ts';
import type { Rocks, Row, WriteBatch } from './rocks.ts';
import { inSlices } from './slices.ts';
import { appendedAtMsOf, batchesEnd, batchesFrom, lastOffsetOf } from './storage-keys.ts';
import { writeHead } from './trim.ts';

export interface CompactionPolicy {
  readonly topic: TopicDescription;
  readonly nowMs: number;
  /** Bound on the keys held in memory; a longer dirty part is compacted in several runs. */
  readonly maxKeys: number;
}

const bytesPerSlice = 1_048_576;

/** Last offset of every key in the part that was not compacted yet. */
interface LastOffsets {
  readonly byKey: ReadonlyMap<string, bigint>;
  /** The map is complete below this offset. */
  readonly endOffset: bigint;
}

/**
 * Compacts a partition: every record whose key has a later one goes, a tombstone too once it is old enough. Two passes, as Kafka's cleaner:
 * the last offset of each key in the new part, then a rewrite of all batches up to its end.
 *
 * Invariants:
 * - a batch is replaced or deleted in one write, under the same key (its last offset and append time), so a reader at any position goes on;
 * - batches are rewritten in ascending order, so the older values of a key go before its tombstone;
 * - the last value of a key is never touched, offsets never change, gaps appear.
 */
export async function compact(rocks: Rocks, partition: EmbeddedPartition, policy: CompactionPolicy): Promise<void> {
  const lastOffsets = await collectLastOffsets(rocks, partition, policy.maxKeys);
  const cleanedCount = await rewrite(rocks, partition, {
    lastOffsets,
    tombstonesSinceMs: policy.nowMs - policy.topic.tombstoneRetentionMs,
  });
  if (partition.isDeleted) return;
  writeHead(rocks, partition, { ...partition.head, cleanedOffset: lastOffsets.endOffset, cleanedCount });
}

async function collectLastOffsets(rocks: Rocks, partition: EmbeddedPartition, maxKeys: number): Promise<LastOffsets> {
  const byKey = new Map<string, bigint>();
  const { cleanedOffset, startOffset } = partition.head;
  let endOffset = cleanedOffset > startOffset ? cleanedOffset : startOffset;
  await inSlices(() => {
    const rows = nextSlice(rocks, partition, endOffset);
    for (const { key, value } of rows) {
      for (const record of new BatchView(value).records()) if (record.key !== null) byKey.set(keyOf(record), record.offset);
      endOffset = lastOffsetOf(key) + 1n;
      if (byKey.size >= maxKeys) return 'done';
    }
    return rows.length === 0 ? 'done' : 'more';
  });
  return { byKey, endOffset };
}

interface RewritePlan {
  readonly lastOffsets: LastOffsets;
  readonly tombstonesSinceMs: number;
}

async function rewrite(rocks: Rocks, partition: EmbeddedPartition, plan: RewritePlan): Promise<number> {
  let position = partition.startOffset;
  let keptCount = 0;
  await inSlices(() => {
    const rows = nextSlice(rocks, partition, position);
    const dirty = rows.filter(({ key }) => lastOffsetOf(key) < plan.lastOffsets.endOffset);
    if (dirty.length > 0) {
      rocks.write((write) => {
        for (const row of dirty) keptCount += rewriteBatch(write, row, plan);
      });
      partition.forgetTail();
      partition.storedBytes = undefined;
    }
    const last = dirty.at(-1);
    if (last === undefined || dirty.length < rows.length) return 'done';
    position = lastOffsetOf(last.key) + 1n;
    return 'more';
  });
  return keptCount;
}

/** Answers with the count of records that stay. */
function rewriteBatch(write: WriteBatch, { key, value }: Row, plan: RewritePlan): number {
  const batch = new BatchView(value);
  const records = batch.records();
  const mayDropTombstones = appendedAtMsOf(key) < plan.tombstonesSinceMs;
  const kept = records.filter((record) => isKept(record, plan.lastOffsets.byKey, mayDropTombstones));
  if (kept.length === 0) {
    write.delete(key);
  } else if (kept.length < records.length) {
    const { baseOffset, lastOffsetDelta } = batch;
    const offsetDeltas = kept.map((record) => Number(record.offset - baseOffset));
    write.put(key, encodeBatch(kept, { baseOffset, offsetDeltas, lastOffsetDelta, hasChecksum: false }));
  }
  return kept.length;
}

/** Records without a key cannot be superseded. */
function isKept(record: InputRecord, lastOffsets: ReadonlyMap<string, bigint>, mayDropTombstones: boolean): boolean {
  if (record.key === null) return true;
  const last = lastOffsets.get(keyOf(record));
  if (last !== undefined && last > record.offset) return false;
  return record.value !== null || !mayDropTombstones;
}

function nextSlice(rocks: Rocks, partition: EmbeddedPartition, fromOffset: bigint): readonly Row[] {
  if (partition.isDeleted) return [];
  return rocks.scan({ gte: batchesFrom(partition.address, fromOffset), lt: batchesEnd(partition.address), maxBytes: bytesPerSlice });
}

function keyOf(record: InputRecord): string {
  return record.key?.toString('latin1') ?? '';
}
