import type { KeySerde, Serde } from '../schemas/serde.ts';

/**
 * Stores as a processor sees them. Calls are synchronous: the task prefetches a batch's keys with one native call first
 * (`prefetchKeys` of the processor), a miss falls back to a synchronous read. Writes go to the task's *open* layer only (K1).
 * Returned values belong to the store: treat them as immutable, and `put` a new value to change one.
 */
export interface ReadOnlyKeyValueStore<K, V> {
  get(key: K): V | undefined;
  getMany(keys: readonly K[]): (V | undefined)[];
  /** Keys in encoded order, `from` inclusive, `to` exclusive. Sees its own open writes; must not be held across records. */
  range(from: K | undefined, to: K | undefined, options?: RangeOptions): Iterable<readonly [K, V]>;
  /** All keys whose encoding begins with the encoding of `prefix`. */
  prefixScan(prefix: Buffer, options?: RangeOptions): Iterable<readonly [K, V]>;
}

export interface RangeOptions {
  readonly reverse?: boolean;
  readonly limitCount?: number;
}

export interface KeyValueStore<K, V> extends ReadOnlyKeyValueStore<K, V> {
  put(key: K, value: V): void;
  delete(key: K): void;
}

/** A key-value store whose entries end `ttlMs` of stream time after their last write. An expired entry is never returned. */
export interface TtlKeyValueStore<K, V> extends KeyValueStore<K, V> {
  put(key: K, value: V, timestampMs?: number): void;
}

export interface Timestamped<V> {
  readonly value: V;
  readonly timestampMs: number;
}

export interface Windowed<K> {
  readonly key: K;
  readonly startMs: number;
  /** Exclusive for window stores, inclusive (last event) for session stores. */
  readonly endMs: number;
}

/** Fixed-size windows by start time; expires whole windows after the retention, by stream time. Late puts are dropped and counted. */
export interface WindowStore<K, V> {
  put(key: K, value: V | undefined, windowStartMs: number): void;
  fetch(key: K, windowStartMs: number): V | undefined;
  fetchRange(key: K, fromStartMs: number, toStartMs: number): Iterable<readonly [Windowed<K>, V]>;
  all(fromStartMs: number, toStartMs: number): Iterable<readonly [Windowed<K>, V]>;
}

/** Sessions by key, start and end (inclusive). */
export interface SessionStore<K, V> {
  put(session: Windowed<K>, value: V | undefined): void;
  remove(session: Windowed<K>): void;
  /** Sessions of `key` that overlap [earliestEndMs, latestStartMs]. */
  findSessions(key: K, earliestEndMs: number, latestStartMs: number): Iterable<readonly [Windowed<K>, V]>;
  fetch(key: K): Iterable<readonly [Windowed<K>, V]>;
}

interface BaseStoreSpec<Kind extends string, K, V> {
  readonly kind: Kind;
  /** Explicit and stable: the changelog topic is `<application>-<name>-changelog`. */
  readonly name: string;
  readonly key: KeySerde<K>;
  readonly value: Serde<V>;
  /** Default true. */
  readonly changelog?: boolean;
}

export type KeyValueStoreSpec<K, V> = BaseStoreSpec<'key-value', K, V>;
export interface TtlStoreSpec<K, V> extends BaseStoreSpec<'ttl', K, V> {
  readonly ttlMs: number;
}
export interface WindowStoreSpec<K, V> extends BaseStoreSpec<'window', K, V> {
  readonly windowSizeMs: number;
  readonly retentionMs: number;
}
export interface SessionStoreSpec<K, V> extends BaseStoreSpec<'session', K, V> {
  readonly inactivityGapMs: number;
  readonly retentionMs: number;
}

export type StoreSpec<K, V> = KeyValueStoreSpec<K, V> | TtlStoreSpec<K, V> | WindowStoreSpec<K, V> | SessionStoreSpec<K, V>;

/** The store interface that a spec yields. */
export type StoreOf<Spec> =
  Spec extends TtlStoreSpec<infer K, infer V>
    ? TtlKeyValueStore<K, V>
    : Spec extends WindowStoreSpec<infer K, infer V>
      ? WindowStore<K, V>
      : Spec extends SessionStoreSpec<infer K, infer V>
        ? SessionStore<K, V>
        : Spec extends KeyValueStoreSpec<infer K, infer V>
          ? KeyValueStore<K, V>
          : never;

/** Declares a key-value store. The same shape has `ttlStore`, `windowStore` and `sessionStore`. */
export function keyValueStore<K, V>(name: string, spec: Omit<KeyValueStoreSpec<K, V>, 'kind' | 'name'>): KeyValueStoreSpec<K, V> {
  return { kind: 'key-value', name, ...spec };
}

export function ttlStore<K, V>(name: string, spec: Omit<TtlStoreSpec<K, V>, 'kind' | 'name'>): TtlStoreSpec<K, V> {
  return { kind: 'ttl', name, ...spec };
}

export function windowStore<K, V>(name: string, spec: Omit<WindowStoreSpec<K, V>, 'kind' | 'name'>): WindowStoreSpec<K, V> {
  return { kind: 'window', name, ...spec };
}

export function sessionStore<K, V>(name: string, spec: Omit<SessionStoreSpec<K, V>, 'kind' | 'name'>): SessionStoreSpec<K, V> {
  return { kind: 'session', name, ...spec };
}

/** Any store facade, for code that holds stores by name. */
export type AnyStore =
  | KeyValueStore<unknown, unknown>
  | TtlKeyValueStore<unknown, unknown>
  | WindowStore<unknown, unknown>
  | SessionStore<unknown, unknown>;
