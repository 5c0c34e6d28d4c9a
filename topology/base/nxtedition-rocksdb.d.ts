/**
 * The part of the untyped RocksDB binding that its owner folders use, synchronous internals included. Sources: its index.js,
 * chained-batch.js and binding.cc at 12.2.12; the version is pinned exactly because underscore methods may move.
 */
declare module '@nxtedition/rocksdb' {
  export interface OpenOptions {
    readonly createIfMissing?: boolean;
    /** One style must be named, or `memtableMemoryBudget` has no effect. */
    readonly compaction?: 'level' | 'universal';
    /** Bytes; a memtable takes a quarter of it. The binding's default is 256 MiB. */
    readonly memtableMemoryBudget?: number;
    /** Bytes of block cache. */
    readonly cacheSize?: number;
    readonly cacheIndexAndFilterBlocks?: boolean;
    /** zstd with a dictionary. */
    readonly compression?: boolean;
    readonly walCompression?: boolean;
    readonly optimize?: 'point-lookup' | 'range-lookup';
    readonly blockSize?: number;
    readonly parallelism?: number;
  }

  export interface QueryOptions {
    readonly gte?: Buffer;
    readonly gt?: Buffer;
    readonly lte?: Buffer;
    readonly lt?: Buffer;
    readonly reverse?: boolean;
    readonly limit?: number;
    readonly keys?: boolean;
    readonly values?: boolean;
    readonly keyEncoding: 'buffer';
    readonly valueEncoding: 'buffer';
    /** Stops after the row that passes this many bytes. */
    readonly highWaterMarkBytes?: number;
    readonly fillCache?: boolean;
  }

  export interface ChainedBatch {
    readonly length: number;
    _put(key: Buffer, value: Buffer, options?: object): void;
    _del(key: Buffer, options?: object): void;
    _clear(): void;
    /** Writes and keeps the operations: `_clear` before the next use. */
    _writeSync(options?: { readonly sync?: boolean }): void;
    /** Detaches from the database. */
    close(): Promise<void>;
  }

  export interface Iterator {
    _seekSync(target: Buffer): void;
    /** `rows` alternates keys and values. */
    _nextvSync(size: number): { readonly rows: readonly Buffer[]; readonly finished: boolean };
    close(): Promise<void>;
  }

  export class RocksLevel {
    constructor(location: string, options?: { readonly keyEncoding?: 'buffer'; readonly valueEncoding?: 'buffer' });
    readonly status: string;
    open(options?: OpenOptions): Promise<void>;
    close(): Promise<void>;
    getProperty(name: string): string;
    /** Opens an iterator, reads and closes it in one native call. `rows` alternates keys and values; what was not asked for is undefined. */
    querySync(options: QueryOptions): { readonly rows: readonly (Buffer | undefined)[]; readonly finished: boolean };
    /** `undefined` for a missing key, `null` past `highWaterMarkBytes` or `timeout`. */
    _getManySync(
      keys: readonly Buffer[],
      options?: {
        readonly valueEncoding?: 'buffer';
        readonly fillCache?: boolean;
        readonly highWaterMarkBytes?: number;
        readonly unsafe?: boolean;
      },
    ): readonly (Buffer | undefined | null)[];
    _iterator(options: QueryOptions): Iterator;
    _chainedBatch(): ChainedBatch;
    /** DeleteRange when no limit is given. */
    clear(options?: { readonly gte?: Buffer; readonly lt?: Buffer }): Promise<void>;
  }
}
