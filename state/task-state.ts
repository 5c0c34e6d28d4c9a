import type { Clock } from '../topology/base/clock.ts';
import type { Logger } from '../topology/base/logger.ts';
import type { Metrics } from '../topology/base/metrics.ts';
import type { BackendBudgets, BackendFactory } from './backend.ts';
import type { AnyStore, StoreOf, StoreSpec } from './store.ts';

/**
 * The state of one task as the runtime sees it; processors see only the store facades. One backend per task directory.
 *
 * Owns: the three memory layers, the cache of decoded values, the backend. Does not own: the log, offsets, timers, when to commit.
 * Called by one task only, from one thread. Invariants:
 * - K1 Writes go to *open*; reads see open, committed, flushing, store, in this order; range scans merge all four.
 * - K2 `takeChangelog` → the log transaction commits → `fold` → (less often) `flush`: one WriteBatch {layer, positions, format version}.
 *   The store may lag the log, it never runs ahead of it: only folded entries are flushed.
 * - K4 `dropOpen` forgets the open layer and its stream time and touches nothing else.
 * - K5 A wipe has a named reason and is counted.
 * - K6 `usage()` says how full the layers are; the runtime stops admission, this class never refuses a write.
 */
export interface TaskState {
  readonly taskId: string;
  /** The facade of a store declared at open. The spec must be the very object given there. */
  store<Spec extends StoreSpec<unknown, unknown>>(spec: Spec): StoreOf<Spec>;
  /** The same by name, for code that knows stores by name only (interactive queries, tests). Undefined when there is none. */
  storeByName(name: string): AnyStore | undefined;

  /** Reads what a batch of input will need with one native call. Keys of a window store are `Windowed`; of a session store ignored. */
  prefetch(requests: readonly PrefetchRequest[]): void;

  /** Highest event time seen in the open transaction; TTLs and retentions end by it. -1 before the first record. */
  streamTimeMs(): number;
  /** Before each record: raises stream time, never lowers it. Belongs to the open layer until `fold` (K4). */
  advanceStreamTime(timestampMs: number): void;
  /** Once after restore: the stream time of the last commit, from its offset metadata, so that expiry does not depend on crashes (T1). */
  restoreStreamTime(timestampMs: number): void;

  /**
   * The open layer as changelog records: one per key, the last value, `null` for a delete. Serializes (and so seals) each changed value
   * once; the same bytes go to the store later. May be called again before `fold`; also sweeps a bounded number of expired entries.
   * @throws {SERDE_FAILED} naming the store; the caller must `dropOpen` and rebuild the task.
   */
  takeChangelog(): readonly ChangelogEntry[];
  /** The log transaction committed: open → committed. No write may stand between `takeChangelog` and this. */
  fold(): void;
  /** The log transaction aborted or never was: forgets the open layer (K4). */
  dropOpen(): void;

  /** Bytes and records held in memory layers, for admission (K6) and flush decisions. Byte counts of values not yet serialized are estimates. */
  usage(): LayerUsage;
  /**
   * True when the committed layer, with the open one that is about to be folded, passed a bound of `flushBounds`, or is not empty and older
   * than its `ageMs`. False while a flush runs.
   */
  shouldFlush(): boolean;
  /**
   * Writes the committed layer and `position` in one WriteBatch. The position must not be ahead of the last `fold`: next offsets read before
   * that fold's commit, or after it with no later commit in between. New folds may happen while it runs; they wait for the next flush.
   * A second call while one runs waits for it and then flushes the rest.
   * @throws {STATE_DISK_FULL} disposition `retry`; the layer is kept and the next flush writes it. The caller stops admission
   * until a flush succeeds (K6): reads throw the same while the next flush opens the files anew.
   * @throws {STATE_CORRUPT} the caller must wipe and restore.
   */
  flush(position: StatePosition): Promise<void>;
  /** What the last successful flush or restore wrote. */
  position(): StoredPosition;

  /**
   * Applies changelog records, oldest first. The last value per key is folded in memory; every `restoreBatchBytes` one WriteBatch is
   * written together with `nextPositions`, so a crash resumes from there. Only before processing: layers must be empty.
   */
  restore(records: readonly ChangelogEntry[], nextPositions: ReadonlyMap<string, ChangelogPosition>): Promise<void>;
  /** Writes what `restore` still holds in memory. After it the task may process. */
  finishRestore(): Promise<void>;

  /** Deletes all data, layers and positions, counts the reason (K5) and leaves an empty, open state to restore into. */
  wipe(reason: WipeReason): Promise<void>;
  /** Waits for a running flush and releases the backend. Layers that were not flushed are in the log and are restored from there (K3). Idempotent. */
  close(): Promise<void>;
}

export interface PrefetchRequest {
  readonly store: string;
  readonly keys: readonly unknown[];
}

/** One changelog record of a store. Key and value are the bytes that the store holds too. */
export interface ChangelogEntry {
  readonly store: string;
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/** Next changelog offset to restore from, and the identity of the topic it belongs to (K5). */
export interface ChangelogPosition {
  readonly nextOffset: bigint;
  readonly topicId: string;
}

export interface StatePosition {
  /** By store name. Stores left out keep their position. */
  readonly changelogs: ReadonlyMap<string, ChangelogPosition>;
  /** Opaque to the store: input positions and commit id of the moment of `changelogs`. */
  readonly metadata: string;
}

export interface StoredPosition extends StatePosition {
  /** Wall clock of the last flush or finished restore; undefined for an empty store. Compare with the changelog's tombstone retention (K5). */
  readonly flushedAtMs: number | undefined;
  /** Stream time at the last flush; -1 for an empty store. */
  readonly streamTimeMs: number;
}

export interface LayerUsage {
  readonly openBytes: number;
  readonly openCount: number;
  /** Folded but not yet in the store, the flushing layer included. */
  readonly unflushedBytes: number;
  readonly unflushedCount: number;
  readonly cacheBytes: number;
}

export interface FlushBounds {
  readonly bytes: number;
  readonly recordCount: number;
  readonly ageMs: number;
}

/** Memory of one task: the process budget divided by its tasks. */
export interface StateBudgets extends BackendBudgets {
  /** Decoded hot values, estimated. */
  readonly cacheBytes: number;
  /**
   * Changelog records folded in memory before they are written: a key that comes again meanwhile is written once. It takes the place of `cacheBytes`, which is empty while a
   * task restores.
   */
  readonly restoreBatchBytes: number;
  readonly flushBounds: FlushBounds;
}

const mebibyte = 1024 * 1024;

/** For a handful of tasks in a process of about 1 GiB. */
export const defaultStateBudgets: StateBudgets = {
  cacheBytes: 64 * mebibyte,
  blockCacheBytes: 32 * mebibyte,
  memtableBytes: 32 * mebibyte,
  restoreBatchBytes: 16 * mebibyte,
  flushBounds: { bytes: 8 * mebibyte, recordCount: 20_000, ageMs: 5_000 },
};

/** Why a store was deleted (K5). A label of `stepwright_state_wipes_total`. */
export const wipeReasons = [
  'checksum-failed',
  'position-out-of-range',
  'topic-recreated',
  'tombstones-expired',
  'store-removed',
  'obsolete',
  'requested',
] as const;
export type WipeReason = (typeof wipeReasons)[number];

export interface TaskStateOptions {
  readonly taskId: string;
  /** The task's own directory; see `state/directory/state-directory.ts`. */
  readonly directory: string;
  readonly stores: readonly StoreSpec<unknown, unknown>[];
  readonly backend: BackendFactory;
  readonly clock: Clock;
  readonly budgets?: StateBudgets;
  readonly logger?: Logger;
  readonly metrics?: Metrics;
  /** Runs once the state is closed and its files are free. */
  readonly onClosed?: () => void;
}
