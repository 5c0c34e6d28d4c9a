/**
 * Keys of the embedded log, one byte of kind first:
 * - `m` + name: metadata (`format`, `topics` = highest topic number given out);
 * - `t` + topic name: the topic, as JSON;
 * - `p` + topic number (u32) + partition (u32): partition head (see partition-head.ts);
 * - `b` + topic number + partition + last offset (u64) + append time in ms (u64): one record batch. Keyed by the *last* offset, so that the
 *   first key at or after an offset is the batch that holds it; the time stands in the key so that retention reads no values;
 * - `o` + topic number + partition + group id: a group's committed position.
 * Numbers are big-endian, so keys sort as their numbers do.
 */
export const kind = { metadata: 0x6d, topic: 0x74, head: 0x70, batch: 0x62, offset: 0x6f } as const;

type Kind = (typeof kind)[keyof typeof kind];

const partitionKeyBytes = 9;
const batchKeyBytes = 25;

export function metadataKey(name: string): Buffer {
  return Buffer.concat([Buffer.of(kind.metadata), Buffer.from(name)]);
}

export function topicKey(name: string): Buffer {
  return Buffer.concat([Buffer.of(kind.topic), Buffer.from(name)]);
}

/** First and after-last key of everything of a kind, or of a kind and topic. */
export function rangeOf(of: Kind, topicNumber?: number): { readonly gte: Buffer; readonly lt: Buffer } {
  if (topicNumber === undefined) return { gte: Buffer.of(of), lt: Buffer.of(of + 1) };
  const gte = Buffer.alloc(5, of);
  const lt = Buffer.alloc(5, of);
  gte.writeUInt32BE(topicNumber, 1);
  lt.writeUInt32BE(topicNumber + 1, 1);
  return { gte, lt };
}

/** Where a partition lives in storage. Topic numbers are never used again, so what a deleted topic left behind is out of reach. */
export interface PartitionAddress {
  readonly topicNumber: number;
  readonly partition: number;
}

export function partitionPrefix(of: Kind, { topicNumber, partition }: PartitionAddress): Buffer {
  const key = Buffer.alloc(partitionKeyBytes, of);
  key.writeUInt32BE(topicNumber, 1);
  key.writeUInt32BE(partition, 5);
  return key;
}

export function batchKey(address: PartitionAddress, lastOffset: bigint, appendedAtMs: number): Buffer {
  const key = Buffer.allocUnsafe(batchKeyBytes);
  partitionPrefix(kind.batch, address).copy(key);
  key.writeBigUInt64BE(lastOffset, 9);
  key.writeBigUInt64BE(BigInt(appendedAtMs), 17);
  return key;
}

/** The first possible key of a batch that ends at or after `offset`. */
export function batchesFrom(address: PartitionAddress, offset: bigint): Buffer {
  return batchKey(address, offset, 0);
}

/** After the last key of a partition's batches. */
export function batchesEnd({ topicNumber, partition }: PartitionAddress): Buffer {
  return partitionPrefix(kind.batch, { topicNumber, partition: partition + 1 });
}

export function lastOffsetOf(key: Buffer): bigint {
  return key.readBigUInt64BE(9);
}

export function appendedAtMsOf(key: Buffer): number {
  return Number(key.readBigUInt64BE(17));
}

export function offsetKey(address: PartitionAddress, groupId: string): Buffer {
  return Buffer.concat([partitionPrefix(kind.offset, address), Buffer.from(groupId)]);
}

export function offsetKeyParts(key: Buffer): PartitionAddress & { readonly groupId: string } {
  return { topicNumber: key.readUInt32BE(1), partition: key.readUInt32BE(5), groupId: key.toString('utf8', partitionKeyBytes) };
}
