import { statfsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { RocksLevel } from '@nxtedition/rocksdb';
import type { ChainedBatch } from '@nxtedition/rocksdb';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { Backend, BackendBatch, BackendBudgets, BackendCursor, BackendFactory, ScanOptions } from '../backend.ts';
import { classifyRocksError } from './rocksdb-errors.ts';

/** Stops a chunk of a scan here, so that large values do not pile up. */
const chunkBytes = 1024 * 1024;

/** Left free on the disk beside a batch's own bytes: RocksDB needs some for its files, and an append to its WAL that fails costs a reopen. */
const reserveBytes = 8 * 1024 * 1024;

/**
 * RocksDB backends through the synchronous calls of `@nxtedition/rocksdb`: one column family a directory, because the binding allots
 * memtables and a block cache to each. Writes go to the WAL and are not synced (K3).
 */
export function createRocksBackendFactory(): BackendFactory {
  return {
    name: 'rocksdb',
    open: async (directory, budgets) => {
      const open = () => openDatabase(directory, budgets);
      return new RocksBackend(await open(), open, directory);
    },
    destroy: (directory) => rm(directory, { recursive: true, force: true }),
  };
}

async function openDatabase(directory: string, budgets: BackendBudgets): Promise<RocksLevel> {
  const db = new RocksLevel(directory, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  try {
    await db.open(openOptions(budgets));
    return db;
  } catch (error) {
    throw classifyRocksError(error, directory);
  }
}

/** A database with a failed write reports that failure once more when it closes; its handle and lock are gone either way. */
async function closeQuietly(db: RocksLevel): Promise<void> {
  try {
    await db.close();
  } catch {
    // Said already, by the write.
  }
}

function openOptions(budgets: BackendBudgets): Parameters<RocksLevel['open']>[0] {
  return {
    createIfMissing: true,
    // Naming a style is what makes the binding respect the memtable budget: a quarter of it a memtable, levels above the first two as zstd.
    compaction: 'level',
    memtableMemoryBudget: budgets.memtableBytes,
    cacheSize: budgets.blockCacheBytes,
    cacheIndexAndFilterBlocks: true,
    // No dictionary training, and a log that lives for seconds is not worth compressing.
    compression: false,
    walCompression: false,
    parallelism: 2,
  };
}

interface Chunk {
  readonly gte: Buffer;
  readonly lt: Buffer;
  readonly reverse: boolean;
  readonly limit: number;
  readonly fillCache: boolean;
}

/**
 * `healthy` → `suspect` after a failed write (RocksDB refuses further writes, reads go on) → `reopening` → `healthy`, or `shut` when
 * opening failed, from where `recover` tries again.
 */
type Health = 'healthy' | 'suspect' | 'reopening' | 'shut';

class RocksBackend implements Backend {
  #db: RocksLevel;
  readonly #open: () => Promise<RocksLevel>;
  readonly #directory: string;
  #health: Health = 'healthy';
  #cursorCount = 0;
  #closing: Promise<void> | undefined;

  constructor(db: RocksLevel, open: () => Promise<RocksLevel>, directory: string) {
    this.#db = db;
    this.#open = open;
    this.#directory = directory;
  }

  getMany(keys: readonly Buffer[]): readonly (Buffer | undefined)[] {
    return this.#guard(() => this.#db._getManySync(keys).map((value) => value ?? undefined));
  }

  /**
   * Each chunk is one native call that opens, reads and closes an iterator: nothing is left to leak, and narrow scans cost one call.
   * Chunks agree with each other because the task does not write the backend while it scans.
   */
  scan(options: ScanOptions): BackendCursor {
    let { from, to } = options;
    const reverse = options.reverse === true;
    const fillCache = options.fillCache !== false;
    let isOpen = true;
    this.#cursorCount++;
    const cursor = {
      isDone: from.compare(to) >= 0,
      next: (maxCount: number): readonly Buffer[] => {
        if (cursor.isDone || !isOpen) return [];
        const { rows, finished } = this.#query({ gte: from, lt: to, reverse, limit: maxCount, fillCache });
        const lastKey = rows.at(-2);
        // `finished` is also said when the limit was reached.
        if (lastKey === undefined || (finished && rows.length < maxCount * 2)) cursor.isDone = true;
        else if (reverse) to = lastKey;
        else from = Buffer.concat([lastKey, Buffer.of(0)]);
        return rows;
      },
      close: (): void => {
        if (isOpen) this.#cursorCount--;
        isOpen = false;
      },
    };
    return cursor;
  }

  batch(): BackendBatch {
    this.#assertOpen();
    const batch = this.#db._chainedBatch();
    let bytes = 0;
    return {
      put: (key, value) => {
        bytes += key.length + value.length;
        batch._put(key, value);
      },
      delete: (key) => {
        bytes += key.length;
        batch._del(key);
      },
      write: () => {
        this.#checkSpace(bytes);
        this.#guard(() => this.#write(batch));
      },
      // Rejects only when the database is closing, and then the batch is gone as well.
      close: () => void batch.close().catch(() => {}),
    };
  }

  async recover(): Promise<void> {
    if (this.#health === 'healthy') return;
    this.#checkSpace(0);
    if (this.#health === 'suspect') {
      this.#health = 'reopening';
      await closeQuietly(this.#db);
    }
    this.#health = 'shut';
    this.#db = await this.#open();
    this.#health = 'healthy';
  }

  async deleteRange(from: Buffer, to: Buffer): Promise<void> {
    try {
      await this.#db.clear({ gte: from, lt: to });
    } catch (error) {
      throw classifyRocksError(error, this.#directory);
    }
  }

  openCursorCount(): number {
    return this.#cursorCount;
  }

  /** Of the tables; what is in the WAL and its memtables is not a table yet. */
  diskBytes(): number {
    if (this.#closing !== undefined || this.#health !== 'healthy') return 0;
    return Number(this.#db.getProperty('rocksdb.total-sst-files-size'));
  }

  close(): Promise<void> {
    this.#closing ??= this.#health === 'shut' ? Promise.resolve() : closeQuietly(this.#db);
    return this.#closing;
  }

  #write(batch: ChainedBatch): void {
    try {
      batch._writeSync();
    } catch (error) {
      this.#health = 'suspect';
      throw error;
    }
  }

  #checkSpace(bytes: number): void {
    if (this.#freeBytes() >= bytes + reserveBytes) return;
    throw classifyRocksError(new Error('No space left on device: checked before the write'), this.#directory);
  }

  #freeBytes(): number {
    try {
      const { bavail, bsize } = statfsSync(this.#directory);
      return bavail * bsize;
    } catch (error) {
      throw classifyRocksError(error, this.#directory);
    }
  }

  #query(range: Chunk): { readonly rows: readonly Buffer[]; readonly finished: boolean } {
    return this.#guard(() => {
      const options = { ...range, keyEncoding: 'buffer', valueEncoding: 'buffer', highWaterMarkBytes: chunkBytes } as const;
      const { rows, finished } = this.#db.querySync(options);
      return { rows: rows.filter((row): row is Buffer => row !== undefined), finished };
    });
  }

  /** The native calls do not check: a call after close would reach freed memory. */
  #assertOpen(): void {
    if (this.#closing !== undefined) {
      throw new StepwrightError('STATE_CLOSED', `State directory ${this.#directory} was used after it was closed.`);
    }
    if (this.#health === 'healthy' || this.#health === 'suspect') return;
    throw new StepwrightError('STATE_DISK_FULL', `State directory ${this.#directory} is being opened again after a write failed.`, {
      disposition: 'retry',
    });
  }

  #guard<T>(call: () => T): T {
    this.#assertOpen();
    try {
      return call();
    } catch (error) {
      throw classifyRocksError(error, this.#directory);
    }
  }
}
