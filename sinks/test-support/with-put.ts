import type { ObjectStore } from '../../processors/ports/object-store.ts';

/** The store with another way to write. */
export function withPut(store: ObjectStore, put: ObjectStore['put']): ObjectStore {
  return {
    get: (key) => store.get(key),
    head: (key) => store.head(key),
    delete: (key) => store.delete(key),
    list: (prefix) => store.list(prefix),
    put,
  };
}
