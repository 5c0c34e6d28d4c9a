/**
 * The small port under a task's layers: an ordered map of bytes to bytes with atomic batches. `rocksdb/` and `memory/` pass one contract
 * suite (`state-contract.ts`). Calls are synchronous and come from one task; keys are compared as memcmp does.
 */
export interface Backend {
  /** One value per key, in order; undefined where there is none. @throws {STATE_CORRUPT | STATE_CLOSED} */
  getMany(keys: readonly Buffer[]): readonly (Buffer | undefined)[];
  /** Rows of [from, to) as of now. The caller must close the cursor. */
  scan(options: ScanOptions): BackendCursor;
  batch(): BackendBatch;
  /** Deletes [from, to). */
  deleteRange(from: Buffer, to: Buffer): Promise<void>;
  /**
   * Before a write that follows a failed one: makes the backend writable again, if need be by opening its files anew. Reads during it
   * throw `STATE_DISK_FULL`. Does nothing when all is well. @throws {STATE_DISK_FULL} there is still no room.
   */
  recover(): Promise<void>;
  /** Cursors not closed yet; a test and a gauge look at it. */
  openCursorCount(): number;
  /** Bytes of its files, about: what was written last may not be counted yet. 0 while it is not open: for a gauge, so it never throws. */
  diskBytes(): number;
  /** Closes cursors left open. Idempotent. */
  close(): Promise<void>;
}

export interface ScanOptions {
  readonly from: Buffer;
  readonly to: Buffer;
  readonly reverse?: boolean;
  /** False for walks over everything, which would push hot blocks out. Default true. */
  readonly fillCache?: boolean;
}

export interface BackendCursor {
  /** Up to `maxCount` rows, flat: key, value, key, value. Fewer when values are large; none at the end. */
  next(maxCount: number): readonly Buffer[];
  /** True once there is nothing more to read. May stay false until a `next` found nothing. */
  readonly isDone: boolean;
  close(): void;
}

/** Collected in memory, then written whole or not at all. Not synced: a process crash keeps it, a power cut may lose the tail (K3). */
export interface BackendBatch {
  put(key: Buffer, value: Buffer): void;
  delete(key: Buffer): void;
  /** @throws {STATE_DISK_FULL} nothing was written and nothing is lost: build the batch again. @throws {STATE_CORRUPT} */
  write(): void;
  close(): void;
}

/** Memory that a backend takes for itself. */
export interface BackendBudgets {
  readonly blockCacheBytes: number;
  /** All memtables together. */
  readonly memtableBytes: number;
}

export interface BackendFactory {
  readonly name: string;
  /** Opens or creates. @throws {STATE_CORRUPT | STATE_LOCKED | STATE_DISK_FULL} */
  open(directory: string, budgets: BackendBudgets): Promise<Backend>;
  /** Deletes everything in a closed directory. */
  destroy(directory: string): Promise<void>;
}
