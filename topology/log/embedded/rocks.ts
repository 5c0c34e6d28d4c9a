import { join } from 'node:path';
import type { ChainedBatch } from '@nxtedition/rocksdb';
import { RocksLevel } from '@nxtedition/rocksdb';
import { logClosed } from '../local/log-errors.ts';
import { classifyRocksError, diskFull } from './rocks-errors.ts';

export interface RocksBudget {
  /** All memtables together. A quarter of it is one memtable. */
  readonly memtableBytes: number;
  readonly blockCacheBytes: number;
}

export interface ScanOptions {
  readonly gte: Buffer;
  readonly lt: Buffer;
  readonly limit?: number;
  /** Stops after the row that passes this. */
  readonly maxBytes?: number;
  readonly reverse?: boolean;
  readonly keysOnly?: boolean;
}

export interface Row {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** What one atomic write holds. */
export interface WriteBatch {
  put(key: Buffer, value: Buffer): void;
  delete(key: Buffer): void;
}

const nothing = Buffer.alloc(0);

/**
 * The log's RocksDB: synchronous point reads, bounded scans and atomic writes. Every failure leaves as a StepwrightError.
 * Writes go to the WAL and the operating system before they return, so they survive the death of the process; see WalSync for power loss.
 * After a failed write RocksDB refuses all others until it is opened anew: `recover` does that.
 * After `close` every call throws LOG_CLOSED: the native calls do not check and would reach freed memory.
 */
export class Rocks {
  readonly directory: string;
  readonly #budget: RocksBudget;
  #opened: Opened;
  #writeCount = 0;
  #hasFailedWrite = false;
  #recovering: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(directory: string, budget: RocksBudget, opened: Opened) {
    this.directory = directory;
    this.#budget = budget;
    this.#opened = opened;
  }

  /** `directory` is the log's; the database lies in its folder `db`. Failures are thrown as the binding made them. */
  static async open(directory: string, budget: RocksBudget): Promise<Rocks> {
    return new Rocks(directory, budget, await openDatabase(directory, budget));
  }

  /** Counts writes, so that a sync can tell whether there is anything new. */
  get writeCount(): number {
    return this.#writeCount;
  }

  get(key: Buffer): Buffer | undefined {
    return this.#guard(() => this.#opened.database._getManySync([key], { valueEncoding: 'buffer' })[0] ?? undefined);
  }

  scan(options: ScanOptions): readonly Row[] {
    return this.#guard(() => {
      const { rows } = this.#opened.database.querySync({
        gte: options.gte,
        lt: options.lt,
        reverse: options.reverse ?? false,
        limit: options.limit ?? -1,
        values: options.keysOnly !== true,
        highWaterMarkBytes: options.maxBytes ?? 0x7fff_ffff,
        keyEncoding: 'buffer',
        valueEncoding: 'buffer',
      });
      const pairs: Row[] = [];
      for (let index = 0; index < rows.length; index += 2) pairs.push({ key: rows[index] ?? nothing, value: rows[index + 1] ?? nothing });
      return pairs;
    });
  }

  /** All of what `fill` puts and deletes, or none. @throws {LOG_DISK_FULL} after which only `recover` makes writes possible again. */
  write(fill: (batch: WriteBatch) => void): void {
    this.#assertUsable();
    const { batch } = this.#opened;
    batch._clear();
    fill({ put: (key, value) => batch._put(key, value), delete: (key) => batch._del(key) });
    try {
      batch._writeSync();
      this.#writeCount += 1;
    } catch (error) {
      this.#hasFailedWrite = true;
      throw classifyRocksError(error, this.directory);
    } finally {
      batch._clear();
    }
  }

  /** Deletes a whole range at once; not part of a `write`. */
  async deleteRange(gte: Buffer, lt: Buffer): Promise<void> {
    this.#assertUsable();
    try {
      await this.#opened.database.clear({ gte, lt });
      this.#writeCount += 1;
    } catch (error) {
      throw classifyRocksError(error, this.directory);
    }
  }

  /** Opens the database anew when a write has failed: a half-written WAL record is cut off by that. Cheap otherwise. */
  async recover(): Promise<void> {
    if (!this.#hasFailedWrite || this.#closing !== undefined) return;
    this.#recovering ??= this.#reopen().finally(() => {
      this.#recovering = undefined;
    });
    await this.#recovering;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#recovering?.catch(() => {});
    await closeDatabase(this.#opened);
  }

  async #reopen(): Promise<void> {
    try {
      await closeDatabase(this.#opened);
      this.#opened = await openDatabase(this.directory, this.#budget);
      this.#hasFailedWrite = false;
    } catch (error) {
      throw classifyRocksError(error, this.directory);
    }
  }

  /** @throws {LOG_CLOSED} @throws {LOG_DISK_FULL} */
  #assertUsable(): void {
    if (this.#closing !== undefined) throw logClosed(`the log "${this.directory}"`);
    if (this.#recovering !== undefined) throw diskFull(this.directory, 'it is being opened again after a failed write');
  }

  #guard<T>(call: () => T): T {
    this.#assertUsable();
    try {
      return call();
    } catch (error) {
      throw classifyRocksError(error, this.directory);
    }
  }
}

interface Opened {
  readonly database: RocksLevel;
  /** One for all writes: they are synchronous, and each batch object would stay attached to the database until closed. */
  readonly batch: ChainedBatch;
}

async function openDatabase(directory: string, budget: RocksBudget): Promise<Opened> {
  const database = new RocksLevel(databaseDirectory(directory), { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  await database.open({
    createIfMissing: true,
    // Batches are written in key order per partition, so most files move down levels without a rewrite; universal would need twice the space at times.
    compaction: 'level',
    memtableMemoryBudget: budget.memtableBytes,
    cacheSize: budget.blockCacheBytes,
    compression: false,
    walCompression: false,
    optimize: 'range-lookup',
    blockSize: 65_536,
  });
  return { database, batch: database._chainedBatch() };
}

async function closeDatabase({ database, batch }: Opened): Promise<void> {
  if (database.status !== 'open') return;
  await batch.close();
  await database.close();
}

export function databaseDirectory(directory: string): string {
  return join(directory, 'db');
}
