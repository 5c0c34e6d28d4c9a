import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { StepwrightError } from '../../topology/base/errors.ts';

/** Does so many writes; then its process has died, and every later one fails. */
export function dyingStore(store: ObjectStore, writeCount: number): ObjectStore {
  let left = writeCount;
  return {
    get: (key) => store.get(key),
    head: (key) => store.head(key),
    delete: (key) => store.delete(key),
    list: (prefix) => store.list(prefix),
    put: async (key, body, options) => {
      left -= 1;
      if (left < 0) throw new StepwrightError('OBJECT_STORE_FAILED', 'died');
      return store.put(key, body, options);
    },
  };
}
