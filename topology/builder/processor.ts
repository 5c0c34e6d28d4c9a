import type { ReadOnlyKeyValueStore, StoreOf, StoreSpec } from '../../state/store.ts';
import type { ErrorCode } from '../base/error-codes.ts';
import type { Headers } from '../base/headers.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import type { GlobalStore } from './global-store.ts';

/** What flows between nodes. */
export interface StreamRecord<K, V> {
  readonly key: K;
  readonly value: V;
  /** Event time, milliseconds since the Unix epoch. */
  readonly timestampMs: number;
  readonly headers?: Headers;
}

/** Serdes are declared with method syntax, so a spec of any key and value types is assignable here. */
export type StoreSpecs = Readonly<Record<string, StoreSpec<unknown, unknown>>>;
export type StoresOf<Specs> = { readonly [Name in keyof Specs]: StoreOf<Specs[Name]> };

/**
 * A processor of one node of one task. Synchronous and pure: it sees event time, its own stores and its input, nothing else (T2).
 * A throw stops nothing but this record: the record goes to dead letters when the error says so, else the task is rebuilt (K4).
 */
export interface Processor<KIn, VIn> {
  process(record: StreamRecord<KIn, VIn>): void;
  /** A due per-key timer; see `KeyTimers`. */
  onTimer?(timer: FiredTimer<KIn>): void;
  close?(): void;
}

export interface FiredTimer<K> {
  readonly key: K;
  readonly name: string;
  /** The time it was set for: use this, not the time of the record that made it due. */
  readonly dueAtMs: number;
}

/**
 * Event-time timers of the key that is being processed. They use the time of records of that key that reached *this node*; due timers
 * fire before the next record, ordered by (time, name). Kept in a changelogged store of the node.
 */
export interface KeyTimers {
  /** Sets or moves the timer `name` of the current key. */
  set(name: string, dueAtMs: number): void;
  cancel(name: string): void;
  /** Time the timer is set for. */
  get(name: string): number | undefined;
}

export interface ProcessorContext<KOut, VOut, Stores = Readonly<Record<never, never>>> {
  readonly stores: Stores;
  /** To all children, or to the named one. The child's processing happens before this returns. */
  forward(record: StreamRecord<KOut, VOut>, childName?: string): void;
  readonly timers: KeyTimers;
  /** Runs `callback` about every `intervalMs` of wall-clock time, never inside `process`. It may forward and use stores. Skipped while restoring or paused. */
  schedulePunctuation(name: string, intervalMs: number, callback: (wallClockMs: number) => void): void;
  /** A table that this instance has whole, as of now. It changes between two records, never inside `process`. */
  globalStore<K, V>(store: GlobalStore<K, V>): ReadOnlyKeyValueStore<K, V>;
  /** Highest event time this task has seen. */
  streamTimeMs(): number;
  /** Where the record being processed came from; undefined inside a punctuation. */
  source(): RecordSource | undefined;
  /** True once the task has read up to the end its partition had when it was assigned (T3). */
  caughtUp(): boolean;
  /** Sends the record being processed to dead letters by reference, in the same transaction. Processing goes on. */
  deadLetter(code: ErrorCode, message: string): void;
  /** Counts a visible drop. `reason` is a metric label: a few fixed words. */
  drop(reason: string): void;
  readonly taskId: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface RecordSource {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}
