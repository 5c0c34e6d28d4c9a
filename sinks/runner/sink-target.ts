import type { InputRecord, TopicPartition, TopicPartitionOffset } from '../../topology/log/log.ts';

/** What a letter tells of its record. */
export interface SourceRecord extends TopicPartition {
  readonly offset: bigint;
  /** Says whose the record is, and is not written. */
  readonly key?: Buffer | null;
}

/** One record of a topic, decoded. */
export interface SinkRow<Row> extends SourceRecord {
  readonly row: Row;
}

/** Source offsets `fromOffset` (inclusive) to `nextOffset` (exclusive) of one partition. */
export interface SourceRange extends TopicPartitionOffset {
  readonly fromOffset: bigint;
}

/** What is applied at once. `ranges` is empty when a part of a batch is applied alone, to find what the target refuses. */
export interface SinkBatch<Row> {
  readonly rows: readonly SinkRow<Row>[];
  readonly ranges: readonly SourceRange[];
}

/**
 * Where a sink writes. Applying is idempotent: the runner applies a batch again after a crash or an unclear answer, never a later one first.
 * `Row` is what `decode` makes of a record.
 */
export interface SinkTarget<Row> {
  /** Names metrics, dead letters and stored positions. */
  readonly name: string;
  readonly topics: readonly string[];
  /** False: `apply` never refuses a single row, so the runner keeps nothing of its record, whose memory a target that holds rows for long would keep from others. */
  readonly refusesRows?: false;
  /** `undefined` when there is nothing to write for the record. @throws {SERDE_FAILED} → the record goes to dead letters; disposition `drop` → it is skipped. */
  decode(topic: string, record: InputRecord): Row | undefined;
  /** Where the runner starts. Missing partitions start at their first record. */
  positions(): Promise<readonly TopicPartitionOffset[]>;
  /** Ranges of a batch that was fixed but perhaps not finished: the runner applies exactly these again before anything else. */
  plannedRanges?(): Promise<readonly SourceRange[]>;
  /**
   * Writes the rows, then the positions after the ranges. @throws disposition `retry`: the same batch again, later; `dead-letter`: some row
   * is refused, the runner finds which; `rebuild-task`: the batch is dropped and reading begins again at the plan and the positions; anything else
   * stops the sink.
   */
  apply(batch: SinkBatch<Row>): Promise<void>;
  /** Deletes what is addressed by the session and lets nothing of it pass later. Answers how many rows or objects went. */
  forget(tenantId: string, sessionId: string): Promise<number>;
  close(): Promise<void>;
}
