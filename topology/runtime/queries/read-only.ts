import type {
  AnyStore,
  ReadOnlyKeyValueStore,
  SessionStore,
  SessionStoreSpec,
  StoreSpec,
  WindowStore,
  WindowStoreSpec,
} from '../../../state/store.ts';

/** The reading half of the store that a spec yields. */
export type ReadOnlyStoreOf<Spec> =
  Spec extends WindowStoreSpec<infer K, infer V>
    ? Pick<WindowStore<K, V>, 'fetch' | 'fetchRange' | 'all'>
    : Spec extends SessionStoreSpec<infer K, infer V>
      ? Pick<SessionStore<K, V>, 'fetch' | 'findSessions'>
      : Spec extends StoreSpec<infer K, infer V>
        ? ReadOnlyKeyValueStore<K, V>
        : never;

type AnyReadOnlyStore =
  | ReadOnlyKeyValueStore<unknown, unknown>
  | Pick<WindowStore<unknown, unknown>, 'fetch' | 'fetchRange' | 'all'>
  | Pick<SessionStore<unknown, unknown>, 'fetch' | 'findSessions'>;

/**
 * Without the methods that write: a query must not change a task's state from outside its transaction. What it is really is what the store is; the
 * type of the view that hands it out says so.
 */
export function readOnly(store: AnyStore): ReadOnlyKeyValueStore<unknown, unknown>;
export function readOnly(store: AnyStore): AnyReadOnlyStore {
  if ('findSessions' in store) {
    const sessions: Pick<SessionStore<unknown, unknown>, 'fetch' | 'findSessions'> = {
      fetch: (key) => store.fetch(key),
      findSessions: (key, earliestEndMs, latestStartMs) => store.findSessions(key, earliestEndMs, latestStartMs),
    };
    return sessions;
  }
  if ('fetchRange' in store) {
    const windows: Pick<WindowStore<unknown, unknown>, 'fetch' | 'fetchRange' | 'all'> = {
      fetch: (key, startMs) => store.fetch(key, startMs),
      fetchRange: (key, fromMs, toMs) => store.fetchRange(key, fromMs, toMs),
      all: (fromMs, toMs) => store.all(fromMs, toMs),
    };
    return windows;
  }
  return readOnlyKeyValue(store);
}

export function readOnlyKeyValue(store: ReadOnlyKeyValueStore<unknown, unknown>): ReadOnlyKeyValueStore<unknown, unknown> {
  return {
    get: (key) => store.get(key),
    getMany: (keys) => store.getMany(keys),
    range: (from, to, options) => store.range(from, to, options),
    prefixScan: (prefix, options) => store.prefixScan(prefix, options),
  };
}
