import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Backend, BackendBatch } from '../backend.ts';
import type { AnyStore, StoreOf, StoreSpec } from '../store.ts';
import { wipeReasons } from '../task-state.ts';
import type * as port from '../task-state.ts';
import { emptyMeta, encodeMeta, metaKey } from './meta.ts';
import type { TaskMeta } from './meta.ts';
import { RestoreBuffer } from './restore-buffer.ts';
import type { TaskStore } from './store-table.ts';
import type { StateMetrics } from './state-metrics.ts';
import type { StreamTime } from './stream-time.ts';
import type { LayerLedger } from '../layers/layer-ledger.ts';

/** Entries put into a batch before other work of the process gets a turn: a few milliseconds. */
const entriesPerTurn = 4_000;

export interface LayeredTaskStateParts {
  readonly options: port.TaskStateOptions;
  readonly budgets: port.StateBudgets;
  readonly backend: Backend;
  readonly meta: TaskMeta;
  readonly stores: ReadonlyMap<string, TaskStore>;
  readonly ledger: LayerLedger;
  readonly time: StreamTime;
  readonly metrics: StateMetrics;
}

/** `TaskState` over `LayeredStore`s. Made by `openTaskState`. Flush, restore and wipe run one at a time, in call order. */
export class LayeredTaskState implements port.TaskState {
  readonly taskId: string;
  readonly #parts: LayeredTaskStateParts;
  readonly #stores: readonly TaskStore[];
  readonly #restored = new RestoreBuffer();
  #backend: Backend;
  #meta: TaskMeta;
  #committedSinceMs: number | undefined;
  #writes: Promise<void> = Promise.resolve();
  #writing = false;
  /** A part of a restore is written and the rest is not. */
  #restoring = false;
  #closing: Promise<void> | undefined;

  constructor(parts: LayeredTaskStateParts) {
    this.taskId = parts.options.taskId;
    this.#parts = parts;
    this.#stores = [...parts.stores.values()];
    this.#backend = parts.backend;
    this.#meta = parts.meta;
  }

  store<Spec extends StoreSpec<unknown, unknown>>(spec: Spec): StoreOf<Spec>;
  store(spec: StoreSpec<unknown, unknown>): AnyStore {
    const store = this.#parts.stores.get(spec.name);
    assert(store?.spec === spec, `store ${spec.name} was not declared for task ${this.taskId}`);
    return store.facade;
  }

  storeByName(name: string): AnyStore | undefined {
    return this.#parts.stores.get(name)?.facade;
  }

  prefetch(requests: readonly port.PrefetchRequest[]): void {
    const wanted = requests.flatMap(({ store: name, keys }) => {
      const store = this.#parts.stores.get(name);
      assert(store !== undefined, `prefetch names store ${name}, which task ${this.taskId} does not have`);
      return store.hasPointReads ? store.layers.missing(keys) : [];
    });
    if (wanted.length === 0) return;
    const values = this.#backend.getMany(wanted.map(([backendKey]) => backendKey));
    wanted.forEach(([, accept], index) => accept(values[index]));
  }

  streamTimeMs(): number {
    return this.#parts.time.openMs;
  }

  advanceStreamTime(timestampMs: number): void {
    this.#parts.time.advance(timestampMs);
  }

  restoreStreamTime(timestampMs: number): void {
    this.#parts.time.restore(timestampMs);
  }

  takeChangelog(): readonly port.ChangelogEntry[] {
    const entries: port.ChangelogEntry[] = [];
    for (const { sweeper } of this.#stores) sweeper?.sweep(this.#parts.time.openMs);
    for (const { layers } of this.#stores) layers.takeChangelog(entries);
    return entries;
  }

  fold(): void {
    for (const { layers } of this.#stores) layers.fold();
    this.#parts.time.fold();
    if (this.#parts.ledger.unflushedCount > 0) this.#committedSinceMs ??= this.#parts.options.clock.monotonicMs();
    this.#parts.metrics.report(this.#stores, this.usage());
  }

  dropOpen(): void {
    for (const { layers } of this.#stores) layers.dropOpen();
    this.#parts.time.drop();
  }

  usage(): port.LayerUsage {
    return this.#parts.ledger.usage();
  }

  shouldFlush(): boolean {
    const { openBytes, openCount, unflushedBytes, unflushedCount } = this.#parts.ledger;
    const { flushBounds } = this.#parts.budgets;
    if (this.#writing || openCount + unflushedCount === 0) return false;
    if (openBytes + unflushedBytes >= flushBounds.bytes || openCount + unflushedCount >= flushBounds.recordCount) return true;
    if (this.#committedSinceMs === undefined) return false;
    return this.#parts.options.clock.monotonicMs() - this.#committedSinceMs >= flushBounds.ageMs;
  }

  flush(position: port.StatePosition): Promise<void> {
    return this.#exclusive(() => this.#flush(position));
  }

  position(): port.StoredPosition {
    const { changelogs, metadata, flushedAtMs, streamTimeMs } = this.#meta;
    return { changelogs, metadata, flushedAtMs, streamTimeMs };
  }

  restore(records: readonly port.ChangelogEntry[], nextPositions: ReadonlyMap<string, port.ChangelogPosition>): Promise<void> {
    assert(this.usage().openCount === 0 && this.usage().unflushedCount === 0, 'restore runs before processing');
    this.#restored.add(records, nextPositions);
    if (this.#restored.bytes < this.#parts.budgets.restoreBatchBytes) return Promise.resolve();
    return this.#exclusive(() => this.#writeRestored(false));
  }

  finishRestore(): Promise<void> {
    return this.#exclusive(() => this.#writeRestored(true));
  }

  wipe(reason: port.WipeReason): Promise<void> {
    assert(wipeReasons.includes(reason), 'K5: a wipe has a named reason');
    return this.#exclusive(async () => {
      const { options, budgets, metrics } = this.#parts;
      options.logger?.warn({ taskId: this.taskId, reason }, 'wiping the state of a task; it will be restored from its changelogs');
      metrics.countWipe(reason);
      await this.#backend.close();
      await options.backend.destroy(options.directory);
      this.#backend = await options.backend.open(options.directory, budgets);
      for (const { layers } of this.#stores) layers.reset(this.#backend);
      this.#restored.clear();
      this.#restoring = false;
      this.#committedSinceMs = undefined;
      this.#parts.time.clear();
      this.#meta = { ...emptyMeta, stores: this.#meta.stores };
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#writes;
    await this.#backend.close();
    this.#parts.metrics.forget();
    this.#parts.options.onClosed?.();
  }

  async #flush(position: port.StatePosition): Promise<void> {
    const { options, time, metrics } = this.#parts;
    const startedMs = options.clock.monotonicMs();
    const changelogs = new Map([...this.#meta.changelogs, ...position.changelogs]);
    const streamTimeMs = time.committedMs;
    const meta = { ...this.#meta, changelogs, metadata: position.metadata, flushedAtMs: options.clock.nowMs(), streamTimeMs };
    this.#committedSinceMs = undefined;
    const counts = this.#stores.map(({ layers }) => layers.beginFlush());
    try {
      await this.#writeBatch(meta, async (batch) => {
        for (const [index, { layers }] of this.#stores.entries()) {
          await inTurns(counts[index] ?? 0, (from, to) => layers.addToBatch(batch, from, to));
        }
      });
    } catch (error) {
      for (const { layers } of this.#stores) layers.undoFlush();
      this.#committedSinceMs ??= startedMs;
      throw error;
    }
    for (const { layers } of this.#stores) layers.endFlush();
    metrics.observeFlush(options.clock.monotonicMs() - startedMs, this.#backend.diskBytes());
  }

  /**
   * A restore that is not done keeps the age of what was there before, or the time it began: the tombstones it has yet to read are kept by
   * the log for a while from then on, not from the last batch (K5).
   */
  async #writeRestored(isDone: boolean): Promise<void> {
    if (this.#restored.isEmpty && !this.#restoring) return;
    const part = this.#restored.take();
    const changelogs = new Map([...this.#meta.changelogs, ...part.positions]);
    const nowMs = this.#parts.options.clock.nowMs();
    const meta = { ...this.#meta, changelogs, flushedAtMs: isDone ? nowMs : (this.#meta.flushedAtMs ?? nowMs) };
    try {
      await this.#writeBatch(meta, (batch) => inTurns(part.count, (from, to) => this.#addRestored(batch, part.entries(from, to))));
    } catch (error) {
      this.#restored.giveBack(part);
      throw error;
    }
    this.#restoring = !isDone;
    for (const { layers } of this.#stores) layers.forgetClean();
  }

  #addRestored(batch: BackendBatch, records: readonly port.ChangelogEntry[]): void {
    for (const { store, key, value } of records) {
      const layers = this.#parts.stores.get(store)?.layers;
      assert(layers !== undefined, `restore names store ${store}, which task ${this.taskId} does not have`);
      if (value === null) batch.delete(layers.backendKey(key));
      else batch.put(layers.backendKey(key), value);
    }
  }

  /** One WriteBatch of data and position (K2). Collecting it takes turns with other work; writing it does not. */
  async #writeBatch(meta: TaskMeta, fill: (batch: BackendBatch) => Promise<void>): Promise<void> {
    await this.#backend.recover();
    const batch = this.#backend.batch();
    try {
      await fill(batch);
      batch.put(metaKey, encodeMeta(meta));
      batch.write();
      this.#meta = meta;
    } finally {
      batch.close();
    }
  }

  #exclusive(work: () => Promise<void>): Promise<void> {
    const done = this.#writes.then(async () => {
      this.#writing = true;
      try {
        await work();
      } finally {
        this.#writing = false;
      }
    });
    this.#writes = done.catch(() => {});
    return done;
  }
}

/** Calls `step` with consecutive ranges up to `count`, and lets the event loop turn between two. */
async function inTurns(count: number, step: (from: number, to: number) => void): Promise<void> {
  for (let from = 0; from < count; from += entriesPerTurn) {
    if (from > 0) await nextTurn();
    step(from, from + entriesPerTurn);
  }
}
