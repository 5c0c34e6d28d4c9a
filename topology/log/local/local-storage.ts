import type { CommittedOffset, InputRecord, Isolation, OffsetCommit, PartitionRange, TopicPartition } from '../log.ts';

export interface ReadRequest extends TopicPartition {
  readonly fromOffset: bigint;
  /** A bound on what is handed out; one record batch is always handed out whole, so a large one cannot block a reader. */
  readonly maxBytes: number;
  readonly isolation: Isolation;
}

export interface OffsetsToCommit {
  readonly groupId: string;
  readonly offsets: readonly OffsetCommit[];
  /** Runs in the same turn as the write and throws to refuse it, so that no rebalance falls between the two. */
  readonly check: () => void;
}

export interface ReadResult {
  readonly records: readonly InputRecord[];
  /** Position after the records and after what was skipped behind them (markers, aborted records, gaps). */
  readonly nextOffset: bigint;
  readonly byteCount: number;
}

/**
 * What groups, sources and readers of an in-process log need from its storage. Reads are synchronous and bounded by `maxBytes`:
 * the caller owns the pauses between them.
 */
export interface LocalStorage {
  /** `undefined` when the topic does not exist. */
  partitionCount(topic: string): number | undefined;
  /** @throws {LOG_TOPIC_UNKNOWN} @throws {LOG_OFFSET_OUT_OF_RANGE} below the log start or beyond the log end. */
  read(request: ReadRequest): ReadResult;
  /** @throws {LOG_TOPIC_UNKNOWN} */
  range(at: TopicPartition, isolation: Isolation): PartitionRange;
  committed(groupId: string, at: TopicPartition): CommittedOffset;
  /** Resolves when the offsets are as durable as records are. */
  commitOffsets(commit: OffsetsToCommit): Promise<void>;
}
