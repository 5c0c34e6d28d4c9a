import { encodeBatch } from '../../batch/encode-batch.ts';
import type { CompressionCodec } from '../../batch/compression.ts';
import type { OutputRecord, TopicPartition } from '../../log.ts';
import { partitionKey } from '../../local/partition-key.ts';
import { recordBytes } from '../../local/record-bytes.ts';
import type { PartitionBatch, ProducerIdentity } from '../requests/producer-requests.ts';

/** Lengths and deltas of a record, at most. */
const recordOverheadBytes = 40;

/** Records of one partition that fit one batch, and where they stood in the call. */
export interface BatchPlan extends TopicPartition {
  readonly records: readonly OutputRecord[];
  readonly indexes: readonly number[];
}

/** The records by partition, in order, in pieces of at most `maxBatchBytes`; piece n of every partition goes with request n. */
export function planBatches(records: readonly OutputRecord[], maxBatchBytes: number): readonly (readonly BatchPlan[])[] {
  interface Open extends TopicPartition {
    records: OutputRecord[];
    indexes: number[];
    byteCount: number;
    round: number;
  }
  const rounds: Open[][] = [];
  const open = new Map<string, Open>();
  let piece: Open | undefined;
  let index = 0;
  for (const record of records) {
    const byteCount = recordBytes(record) + recordOverheadBytes;
    // Neighbours mostly go to the same partition: no key is made for them.
    if (piece?.partition !== record.partition || piece.topic !== record.topic) piece = open.get(partitionKey(record));
    if (piece === undefined || piece.byteCount + byteCount > maxBatchBytes) {
      const round = piece === undefined ? 0 : piece.round + 1;
      piece = { topic: record.topic, partition: record.partition, records: [], indexes: [], byteCount: 0, round };
      open.set(partitionKey(record), piece);
      const members = rounds[round];
      if (members === undefined) rounds[round] = [piece];
      else members.push(piece);
    }
    piece.records.push(record);
    piece.indexes.push(index++);
    piece.byteCount += byteCount;
  }
  return rounds;
}

/** The partitions that the records go to, by their key, in order of their first record. */
export function partitionsOf(records: readonly TopicPartition[]): ReadonlyMap<string, TopicPartition> {
  const found = new Map<string, TopicPartition>();
  let last: TopicPartition | undefined;
  for (const record of records) {
    if (last?.partition === record.partition && last.topic === record.topic) continue;
    last = record;
    const key = partitionKey(record);
    if (!found.has(key)) found.set(key, { topic: record.topic, partition: record.partition });
  }
  return found;
}

/**
 * Sequence numbers of one idempotent producer (KIP-98): per partition, without gap or repetition. A batch keeps the number that it got first, so that the
 * broker knows a repeated one.
 */
export class Sequences {
  readonly #compression: CompressionCodec | undefined;
  readonly #next = new Map<string, number>();

  constructor(compression: CompressionCodec | undefined) {
    this.#compression = compression;
  }

  encode(plan: BatchPlan, identity: ProducerIdentity, isTransactional: boolean): PartitionBatch {
    const key = partitionKey(plan);
    const baseSequence = this.#next.get(key) ?? 0;
    // Numbers wrap around to 0 after 2^31 - 1.
    this.#next.set(key, (baseSequence + plan.records.length) % 0x8000_0000);
    const compression = this.#compression;
    const producer = { ...identity, baseSequence };
    const bytes = encodeBatch(plan.records, { baseOffset: 0n, producer, isTransactional, ...(compression && { compression }) });
    return { topic: plan.topic, partition: plan.partition, bytes };
  }
}
