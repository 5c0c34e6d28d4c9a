/** Bounds of one task and of its app. They stop admission of new input; what was admitted always finishes (K6). */
export interface RuntimeBounds {
  /** Commit at most this often per task, when there is anything to commit. */
  readonly commitIntervalMs: number;
  /** Open layer and collected outputs of one transaction: above it the task commits early. */
  readonly transactionBytes: number;
  readonly transactionRecordCount: number;
  /** Folded but not yet flushed state: above it the task waits for the flush. */
  readonly unflushedBytes: number;
  /** A task that had nothing to commit for so long flushes what it folded. */
  readonly idleFlushMs: number;
  /** Held by all mapAsync nodes of one task: above it no input is admitted until calls finish. */
  readonly asyncBytes: number;
  readonly asyncRecordCount: number;
  /** Input buffered per task before its partitions are paused; one poll may go beyond. */
  readonly bufferedBytes: number;
  readonly bufferedRecordCount: number;
  /** Asked of the log at one poll. */
  readonly pollBytes: number;
  /** Records one task processes before others get a turn. */
  readonly recordsPerTurn: number;
  /** … and for how long. A record that has begun is finished; then the loop looks at commits, other tasks and the outside. */
  readonly turnMs: number;
  readonly restorePollBytes: number;
  /** Consecutive failures of one task that make the app unhealthy. */
  readonly maxTaskFailures: number;
  /** A store is restored from the log's start when its last flush is this close to the tombstone retention of its changelog (K5). */
  readonly tombstoneMarginMs: number;
  /** Records of repartition topics that were read are deleted at most this often per member. */
  readonly repartitionPurgeIntervalMs: number;
  /** The folder of a task that is neither processed nor copied here is deleted when it was not written for this long. */
  readonly stateCleanupDelayMs: number;
}

const mebibyte = 1024 * 1024;

export const defaultBounds: RuntimeBounds = {
  commitIntervalMs: 100,
  transactionBytes: 16 * mebibyte,
  transactionRecordCount: 50_000,
  unflushedBytes: 64 * mebibyte,
  idleFlushMs: 10_000,
  asyncBytes: 16 * mebibyte,
  asyncRecordCount: 10_000,
  bufferedBytes: 16 * mebibyte,
  bufferedRecordCount: 20_000,
  pollBytes: 4 * mebibyte,
  recordsPerTurn: 1_000,
  turnMs: 10,
  restorePollBytes: 8 * mebibyte,
  maxTaskFailures: 8,
  tombstoneMarginMs: 3_600_000,
  repartitionPurgeIntervalMs: 30_000,
  stateCleanupDelayMs: 600_000,
};
