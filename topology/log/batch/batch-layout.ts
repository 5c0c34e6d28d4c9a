/**
 * Kafka's record batch, magic 2 (KIP-98, `DefaultRecordBatch.java`). All integers big-endian.
 * Versions: magic 0 and 1 are message sets of Kafka < 0.11 and are refused; magic 2 is the only one written and read.
 */
export const batchMagic = 2;

/** Byte positions of the fields. The length counts what follows it; the checksum covers `attributes` to the end. */
export const field = {
  baseOffset: 0,
  length: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
  records: 61,
} as const;

/** Bytes before those that `length` counts. */
export const lengthOverheadBytes = 12;

export const attribute = {
  compressionMask: 0x07,
  /** Set: the broker's append time stands in `maxTimestamp` for all records. */
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  /** Set by compaction: `baseTimestamp` is the time tombstones may go (KIP-534). */
  deleteHorizon: 0x40,
} as const;

/** Values of the producer fields when a batch has no idempotent producer. */
export const noProducer = { producerId: -1n, producerEpoch: -1, baseSequence: -1 } as const;
