import { RocksLevel } from '@nxtedition/rocksdb';
import { StepwrightError } from '../../../topology/base/errors.ts';

export type RowWrite =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: Buffer };

/** `after` is exclusive and inside the prefix: where the page before ended. */
export interface RowScan {
  readonly prefix: Buffer;
  readonly after?: Buffer;
  readonly limitCount?: number;
}

/** The value is missing where a layer above may not show it. */
export type Row = readonly [key: Buffer, value: Buffer | undefined];

/** Rows in key order on one RocksDB directory. RocksDB's own LOCK file keeps a second process out. */
export interface OrderedRows {
  getMany(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]>;
  scan(scan: RowScan): Promise<readonly Row[]>;
  /** All or nothing. `sync` waits for the disk; without it a power cut may take the last writes, in order. */
  write(writes: readonly RowWrite[], options: { readonly sync: boolean }): Promise<void>;
  close(): Promise<void>;
}

export interface OpenRowsOptions {
  readonly folder: string;
  readonly cacheBytes: number;
  readonly memtableBytes: number;
}

/** @throws {VIEW_LOCKED | VIEW_CORRUPT} the caller must stop the other process, or delete the folder and let the sink fill it again. */
export async function openOrderedRows(options: OpenRowsOptions): Promise<OrderedRows> {
  const { folder, cacheBytes, memtableBytes } = options;
  const database = new RocksLevel(folder, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  // Index and filter blocks count towards the cache: beside it they would grow with the files.
  const sizes = { cacheSize: cacheBytes, cacheIndexAndFilterBlocks: true, memtableMemoryBudget: memtableBytes } as const;
  const settings = { createIfMissing: true, compaction: 'level', ...sizes } as const;
  await classified(folder, () => database.open(settings));
  let closed: Promise<void> | undefined;
  return {
    getMany: (keys) =>
      classified(folder, () => database._getManySync(keys, { valueEncoding: 'buffer' }).map((value) => value ?? undefined)),
    scan: (scan) => classified(folder, () => scanRows(database, scan)),
    write: (writes, sync) => classified(folder, () => writeRows(database, writes, sync)),
    close: () => (closed ??= database.close()),
  };
}

/** Reads are short and mostly from memory, so they run on the calling thread: a trip to another one would cost more. */
function scanRows(database: RocksLevel, { prefix, after, limitCount }: RowScan): [Buffer, Buffer][] {
  const bounds = { lt: Buffer.concat([prefix, Buffer.alloc(1, 0xff)]), keyEncoding: 'buffer', valueEncoding: 'buffer' } as const;
  const found: [Buffer, Buffer][] = [];
  let last = after;
  for (;;) {
    const limit = limitCount === undefined ? {} : { limit: limitCount - found.length };
    const { rows, finished } = database.querySync({ ...bounds, ...limit, ...(last === undefined ? { gte: prefix } : { gt: last }) });
    for (let at = 0; at + 1 < rows.length; at += 2) {
      const [key, value] = [rows[at], rows[at + 1]];
      if (key !== undefined && value !== undefined) found.push([key, value]);
    }
    last = found[found.length - 1]?.[0];
    if (finished || rows.length === 0 || found.length >= (limitCount ?? Number.POSITIVE_INFINITY)) return found;
  }
}

async function writeRows(database: RocksLevel, writes: readonly RowWrite[], options: { readonly sync: boolean }): Promise<void> {
  const batch = database._chainedBatch();
  try {
    for (const write of writes) {
      if (write.type === 'put') batch._put(write.key, write.value);
      else batch._del(write.key);
    }
    batch._writeSync(options);
  } finally {
    await batch.close();
  }
}

async function classified<Result>(folder: string, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw viewError(error, folder);
  }
}

/** Says what a RocksDB error means for the views. */
function viewError(error: unknown, folder: string): StepwrightError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const text = cause instanceof Error ? cause.message : String(cause);
  const context = { folder };
  if (/lock hold|LOCK:/.test(text)) {
    return new StepwrightError('VIEW_LOCKED', `Another process uses the views in ${folder}. Stop it, or choose another data folder.`, {
      cause: error,
      context,
    });
  }
  if (/no space|ENOSPC|disk quota/i.test(text)) {
    const message = `The disk of the views in ${folder} is full. Free some space: the batch is tried again.`;
    return new StepwrightError('VIEW_FAILED', message, { disposition: 'retry', cause: error, context });
  }
  if (/corruption|checksum|missing files|no such file/i.test(text)) return corruptViews(folder, error);
  return new StepwrightError('VIEW_FAILED', `The views in ${folder} failed: ${text}`, { cause: error, context });
}

/** Views hold nothing that the topics do not: deleting them loses no data. */
export function corruptViews(folder: string, cause: unknown): StepwrightError {
  const message = `The views in ${folder} are damaged. Stop the process, delete that folder and start again: the views are rebuilt from the topics, and nothing is lost.`;
  return new StepwrightError('VIEW_CORRUPT', message, { cause, context: { folder } });
}
