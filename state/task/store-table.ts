import { StepwrightError } from '../../topology/base/errors.ts';
import type { Backend, BackendBatch } from '../backend.ts';
import { sessionKey, valueByInnerKey, windowKey } from '../keys/windowed-keys.ts';
import { readTime } from '../keys/windowed-keys.ts';
import type { LayerLedger } from '../layers/layer-ledger.ts';
import { LayeredStore } from '../layers/layered-store.ts';
import type { ReadCounts } from '../layers/layered-store.ts';
import type { AnyStore, StoreSpec } from '../store.ts';
import { createKeyValueStore } from '../stores/key-value-store.ts';
import { isSessionExpired, LayeredSessionStore } from '../stores/session-store.ts';
import type { StoreContext } from '../stores/store-context.ts';
import { isTtlRowExpired, timestampedSerde, TtlStore } from '../stores/ttl-store.ts';
import { isWindowExpired, LayeredWindowStore } from '../stores/window-store.ts';
import type { ChangelogEntry } from '../task-state.ts';
import { Sweeper } from './sweeper.ts';

/** What the task does with a store's layers, whatever its types. */
export interface StoreLayers {
  readonly name: string;
  readonly prefix: Buffer;
  readonly counts: ReadCounts;
  missing(keys: readonly unknown[]): (readonly [backendKey: Buffer, accept: (bytes: Buffer | undefined) => void])[];
  takeChangelog(into: ChangelogEntry[]): void;
  fold(): void;
  dropOpen(): void;
  beginFlush(): number;
  addToBatch(batch: BackendBatch, from: number, to: number): void;
  endFlush(): void;
  undoFlush(): void;
  forgetClean(): void;
  reset(backend: Backend): void;
  backendKey(keyBytes: Uint8Array): Buffer;
}

export interface TaskStore {
  readonly spec: StoreSpec<unknown, unknown>;
  readonly facade: AnyStore;
  readonly layers: StoreLayers;
  /** Deletes what ended by stream time, a little at each commit; undefined for stores without an end. */
  readonly sweeper: Sweeper | undefined;
  /** Keys can be prefetched one by one (not so for sessions, which are found by range). */
  readonly hasPointReads: boolean;
}

export interface TableOptions {
  readonly backend: Backend;
  readonly ledger: LayerLedger;
  readonly context: StoreContext;
}

/** The store id as the prefix of its keys. */
export function storePrefix(id: number): Buffer {
  return Buffer.from([id >> 8, id & 0xff]);
}

/** Builds one store's layers and facade. @throws {TOPOLOGY_INVALID} for times that make no sense. */
export function createTaskStore(spec: StoreSpec<unknown, unknown>, id: number, options: TableOptions): TaskStore {
  const { context } = options;
  const base = { name: spec.name, prefix: storePrefix(id), changelog: spec.changelog ?? true, ...options };
  switch (spec.kind) {
    case 'key-value': {
      const layers = new LayeredStore({ ...base, key: spec.key, value: spec.value });
      return { spec, layers, facade: createKeyValueStore(layers), sweeper: undefined, hasPointReads: true };
    }
    case 'ttl': {
      checkPositive(spec.name, 'ttlMs', spec.ttlMs);
      const layers = new LayeredStore({ ...base, key: spec.key, value: timestampedSerde(spec.value) });
      const sweeper = new Sweeper(layers, (_key, value, nowMs) => isTtlRowExpired(value, spec.ttlMs, nowMs));
      return { spec, layers, facade: new TtlStore(layers, spec.ttlMs, context), sweeper, hasPointReads: true };
    }
    case 'window': {
      checkPositive(spec.name, 'windowSizeMs', spec.windowSizeMs);
      checkRetention(spec.name, spec.retentionMs, spec.windowSizeMs);
      const value = valueByInnerKey(spec.key, spec.value);
      const layers = new LayeredStore({ ...base, key: windowKey(spec.key, spec.windowSizeMs), value });
      const sweeper = new Sweeper(layers, (key, _value, nowMs) => isWindowExpired(readTime(key, key.length - 8), spec.retentionMs, nowMs));
      return { spec, layers, facade: new LayeredWindowStore(layers, spec, context), sweeper, hasPointReads: true };
    }
    case 'session': {
      checkRetention(spec.name, spec.retentionMs, spec.inactivityGapMs);
      const layers = new LayeredStore({ ...base, key: sessionKey(spec.key), value: valueByInnerKey(spec.key, spec.value) });
      const sweeper = new Sweeper(layers, (key, _value, nowMs) =>
        isSessionExpired(readTime(key, key.length - 16), spec.retentionMs, nowMs),
      );
      return { spec, layers, facade: new LayeredSessionStore(layers, spec, context), sweeper, hasPointReads: false };
    }
  }
}

function checkPositive(store: string, field: string, valueMs: number): void {
  if (valueMs > 0) return;
  throw new StepwrightError('TOPOLOGY_INVALID', `Store ${store}: ${field} is ${valueMs}, it must be more than 0 milliseconds.`);
}

function checkRetention(store: string, retentionMs: number, leastMs: number): void {
  if (retentionMs >= leastMs) return;
  throw new StepwrightError(
    'TOPOLOGY_INVALID',
    `Store ${store}: retentionMs is ${retentionMs}, it must be at least the window size or inactivity gap of ${leastMs} ms, plus any grace.`,
  );
}
