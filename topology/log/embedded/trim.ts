import type { EmbeddedPartition } from './embedded-partition.ts';
import type { PartitionHead } from './partition-head.ts';
import { encodeHead } from './partition-head.ts';
import type { Rocks } from './rocks.ts';
import { inSlices } from './slices.ts';
import { batchesFrom, kind, partitionPrefix } from './storage-keys.ts';

const keysPerSlice = 512;
const bytesPerSlice = 1_048_576;

/** Moves the first readable offset, durably; what lies before it is unreadable from here on and removed by `removeGarbage`. */
export function moveStart(rocks: Rocks, partition: EmbeddedPartition, startOffset: bigint): void {
  if (startOffset <= partition.startOffset) return;
  const { cleanedOffset } = partition.head;
  writeHead(rocks, partition, { ...partition.head, startOffset, cleanedOffset: cleanedOffset > startOffset ? cleanedOffset : startOffset });
}

export function writeHead(rocks: Rocks, partition: EmbeddedPartition, head: PartitionHead): void {
  rocks.write((batch) => batch.put(partitionPrefix(kind.head, partition.address), encodeHead(head)));
  partition.moveHead(head);
}

/** Deletes batches that end before the first readable offset. A crash in between leaves garbage for the next run. */
export async function removeGarbage(rocks: Rocks, partition: EmbeddedPartition): Promise<void> {
  if (partition.garbageEndOffset === partition.startOffset) return;
  await inSlices(() => {
    if (partition.isDeleted) return 'done';
    const lt = batchesFrom(partition.address, partition.startOffset);
    // Values are read only to keep the count of stored bytes right.
    const keysOnly = partition.storedBytes === undefined;
    const rows = rocks.scan({ gte: batchesFrom(partition.address, 0n), lt, limit: keysPerSlice, maxBytes: bytesPerSlice, keysOnly });
    if (rows.length === 0) return 'done';
    rocks.write((batch) => {
      for (const { key } of rows) batch.delete(key);
    });
    if (partition.storedBytes !== undefined) partition.storedBytes -= rows.reduce((sum, { value }) => sum + value.length, 0);
    return 'more';
  });
  partition.garbageEndOffset = partition.startOffset;
}
