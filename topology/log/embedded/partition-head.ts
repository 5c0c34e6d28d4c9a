/**
 * What a partition stores beside its batches: written when batches are deleted, not at every append, because the end of the last batch
 * tells the rest. Versions: 1 = start, next and cleaned offset, cleaned count (u64 each).
 */
export interface PartitionHead {
  /** First readable offset; batches below it are garbage. */
  readonly startOffset: bigint;
  /** The next offset at that moment: a partition whose last batches were deleted must not use offsets again. */
  readonly nextOffset: bigint;
  /** Up to here the partition is compacted. */
  readonly cleanedOffset: bigint;
  /** Records that the last compaction left before `cleanedOffset`. */
  readonly cleanedCount: number;
}

const headBytes = 32;

export const emptyHead: PartitionHead = { startOffset: 0n, nextOffset: 0n, cleanedOffset: 0n, cleanedCount: 0 };

export function encodeHead(head: PartitionHead): Buffer {
  const bytes = Buffer.allocUnsafe(headBytes);
  bytes.writeBigUInt64BE(head.startOffset, 0);
  bytes.writeBigUInt64BE(head.nextOffset, 8);
  bytes.writeBigUInt64BE(head.cleanedOffset, 16);
  bytes.writeBigUInt64BE(BigInt(head.cleanedCount), 24);
  return bytes;
}

export function decodeHead(bytes: Buffer): PartitionHead {
  return {
    startOffset: bytes.readBigUInt64BE(0),
    nextOffset: bytes.readBigUInt64BE(8),
    cleanedOffset: bytes.readBigUInt64BE(16),
    cleanedCount: Number(bytes.readBigUInt64BE(24)),
  };
}
