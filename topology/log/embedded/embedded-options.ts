import type { Clock } from '../../base/clock.ts';
import { createSystemClock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { silentLogger } from '../../base/logger.ts';

export interface EmbeddedLogOptions {
  /** Created when missing. One process at a time. */
  readonly directory: string;
  /**
   * When commits and sends also survive a power loss (the death of the process they always do): `never` by themselves, only by `sync()`;
   * `always` before they resolve (readers may see them before); or every so many milliseconds. Default `never`.
   */
  readonly sync?: 'never' | 'always' | { readonly everyMs: number };
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Key, value and headers of one record. Default 8 MiB. */
  readonly maxRecordBytes?: number;
  /** All memtables of RocksDB together; half of it fills and empties in turn. Default 16 MiB. */
  readonly memtableBytes?: number;
  /** Default 16 MiB. */
  readonly blockCacheBytes?: number;
  /** Newest batches kept for live readers, over all partitions. Default 8 MiB. */
  readonly tailCacheBytes?: number;
  /** Between runs of retention and compaction. Default 30 s. */
  readonly maintenanceIntervalMs?: number;
  /** Keys held in memory while compacting one partition. Default 500,000. */
  readonly compactionMaxKeys?: number;
  /** Appends are refused with LOG_DISK_FULL below this. Default 64 MiB. */
  readonly minFreeBytes?: number;
  /** Free bytes of the directory's disk. Default: asks the file system. */
  readonly freeBytes?: (directory: string) => Promise<number>;
}

/** Options with their defaults filled in; `freeBytes` has its own. */
export type EmbeddedSettings = Required<Omit<EmbeddedLogOptions, 'freeBytes'>> & Pick<EmbeddedLogOptions, 'freeBytes'>;

const mebibyte = 1_048_576;

export function settingsOf(options: EmbeddedLogOptions): EmbeddedSettings {
  return {
    sync: 'never',
    clock: createSystemClock(),
    logger: silentLogger,
    maxRecordBytes: 8 * mebibyte,
    memtableBytes: 16 * mebibyte,
    blockCacheBytes: 16 * mebibyte,
    tailCacheBytes: 8 * mebibyte,
    maintenanceIntervalMs: 30_000,
    compactionMaxKeys: 500_000,
    minFreeBytes: 64 * mebibyte,
    ...options,
  };
}
