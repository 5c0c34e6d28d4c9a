import type { Keyring } from '../../processors/ports/keyring.ts';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { StepwrightError } from '../../topology/base/errors.ts';

/** Objects of a session: `<kind>/<tenant>/<session>/…`, see guides/guide-keys.ts. Guides look after themselves: their pointer is a tombstone. */
const guardedKey = /^(?:images|quarantine)\/([^/]+\/[^/]+)\//;

/**
 * Takes no picture of a deleted session, whenever its making began. Deleting destroys the key first and lists the objects then; a `put` that ends before
 * the listing is listed, and one that ends after it finds the key gone and deletes its object itself: none is left.
 * `put` @throws {SEAL_KEY_GONE}
 */
export function unforgottenObjects(store: ObjectStore, keyring: Pick<Keyring, 'peek'>): ObjectStore {
  return {
    get: (key) => store.get(key),
    head: (key) => store.head(key),
    delete: (key) => store.delete(key),
    list: (prefix) => store.list(prefix),
    async put(key, body, options) {
      const isStored = await store.put(key, body, options);
      const scope = guardedKey.exec(key)?.[1];
      if (scope === undefined || keyring.peek(scope) !== 'gone') return isStored;
      await store.delete(key);
      throw new StepwrightError('SEAL_KEY_GONE', `the recording ${scope} was deleted: no picture of it is kept`, {
        disposition: 'drop',
        context: { scope },
      });
    },
  };
}
