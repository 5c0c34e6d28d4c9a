import { createRequire } from 'node:module';
import { StepwrightError } from '../../../topology/base/errors.ts';

/** The few calls of @nxtedition/rocksdb that views need; the package has no types of its own. */
interface RocksLevel {
  open(options: object): Promise<void>;
  close(): Promise<void>;
  getMany(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]>;
  batch(operations: readonly object[], options: { readonly sync: boolean }): Promise<void>;
  iterator(options: object): { all(): Promise<[Buffer, Buffer][]> };
}
interface RocksModule {
  readonly RocksLevel: new (location: string, options: object) => RocksLevel;
}

export type RowWrite =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: Buffer };

/** `from` is exclusive and inside the prefix; it is where the page before ended. */
export interface RowScan {
  readonly prefix: Buffer;
  readonly after?: Buffer;
  readonly limitCount?: number;
}

/** Rows in key order on one RocksDB directory. RocksDB's own LOCK file keeps a second process out. */
export interface OrderedRows {
  getMany(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]>;
  scan(scan: RowScan): Promise<[Buffer, Buffer][]>;
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
  const { RocksLevel }: RocksModule = createRequire(import.meta.url)('@nxtedition/rocksdb');
  const database = new RocksLevel(options.folder, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  const columns = { default: { cacheSize: options.cacheBytes, memtableMemoryBudget: options.memtableBytes } };
  await classified(options.folder, () => database.open({ createIfMissing: true, parallelism: 2, columns }));
  let closed: Promise<void> | undefined;
  return {
    getMany: (keys) => classified(options.folder, () => database.getMany(keys)),
    scan: (scan) => classified(options.folder, () => database.iterator(bounds(scan)).all()),
    write: (writes, { sync }) => classified(options.folder, () => database.batch(writes, { sync })),
    close: () => (closed ??= database.close()),
  };
}

function bounds(scan: RowScan): object {
  return {
    ...(scan.after === undefined ? { gte: scan.prefix } : { gt: scan.after }),
    lt: Buffer.concat([scan.prefix, Buffer.alloc(1, 0xff)]),
    ...(scan.limitCount === undefined ? {} : { limit: scan.limitCount }),
  };
}

async function classified<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
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
