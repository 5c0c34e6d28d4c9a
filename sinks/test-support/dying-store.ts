import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import { withPut } from './with-put.ts';

/** Does so many writes and deletions; then its process has died, and every later one fails. */
export function dyingStore(store: ObjectStore, changeCount: number): ObjectStore {
  let left = changeCount;
  const live = (): void => {
    left -= 1;
    if (left < 0) throw new StepwrightError('OBJECT_STORE_FAILED', 'died');
  };
  return {
    ...withPut(store, async (key, body, options) => {
      live();
      return store.put(key, body, options);
    }),
    delete: async (key) => {
      live();
      await store.delete(key);
    },
  };
}
