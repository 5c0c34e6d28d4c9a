import type { OffsetCommit, OutputRecord } from '../log/log.ts';

/** What one commit writes. */
export interface CommitBatch {
  readonly records: readonly OutputRecord[];
  readonly offsets: readonly OffsetCommit[];
  /** Told when all records are handed to the log and nothing is committed yet. */
  readonly onSent: () => void;
}

/** Whose commit stands after an unknown outcome (K8). */
export type Settlement = 'committed' | 'aborted' | 'lost';

/** A task's way to write: transactional for exactly_once, plain for at_least_once. Calls are sequential. */
export interface CommitChannel {
  /**
   * Writes records, then offsets.
   * @throws {LOG_FENCED} the caller must close the task and touch nothing else (K7).
   * @throws {LOG_STALE_MEMBER} nothing was committed: roll back (K4).
   * @throws {LOG_UNKNOWN_OUTCOME} call `settle` before anything else (K8).
   * @throws {LOG_RECORD_TOO_LARGE} nothing was committed; `commitEach` finds the record.
   */
  commit(batch: CommitBatch): Promise<void>;
  /** As `commit`, but leaves out records that are too large, after telling `onTooLarge`, whose answer is written instead. */
  commitEach(batch: CommitBatch, onTooLarge: (index: number, error: unknown) => readonly OutputRecord[]): Promise<void>;
  /** Whether a failed commit leaves nothing behind, so that a rollback in memory is enough (K4). */
  readonly isAtomic: boolean;
  settle(commitId: string, previousCommitId: string | undefined): Promise<Settlement>;
  close(): Promise<void>;
}
