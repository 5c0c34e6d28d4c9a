import type { Keyring } from '../../processors/ports/keyring.ts';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { StepwrightError } from '../../topology/base/errors.ts';

/** Objects of a session: `<kind>/<tenant>/<session>/…`, see guides/guide-keys.ts. Not the pointer to its guide, which stays as its tombstone. */
const guardedKey = /^(?:(?:images|quarantine)\/([^/]+\/[^/]+)|guides\/([^/]+\/[^/]+)\/[^/]+)\//;

/**
 * Takes no picture and no document of a deleted session, whenever its making began. Deleting destroys the key first and lists the objects then; a `put` that
 * ends before the listing is listed, and one that ends after it finds the key gone and deletes its object itself: none is left.
 * `put` @throws {SEAL_KEY_GONE}
 */
export function unforgottenObjects(store: ObjectStore, keyring: Pick<Keyring, 'peek'>): ObjectStore {
  return {
    get: (key) => store.get(key),
    head: (key) => store.head(key),
    delete: (key) => store.delete(key),
    list: (prefix) => store.list(prefix),
    async put(key, body, options) {
      const [, ofFiles, ofGuide] = guardedKey.exec(key) ?? [];
      const scope = ofFiles ?? ofGuide;
      if (scope === undefined) return store.put(key, body, options);
      if (keyring.peek(scope) === 'gone') throw deleted(scope);
      const isStored = await store.put(key, body, options);
      if (keyring.peek(scope) !== 'gone') return isStored;
      await store.delete(key);
      throw deleted(scope);
    },
  };
}

function deleted(scope: string): StepwrightError {
  const message = `the recording ${scope} was deleted: no picture and no document of it is kept`;
  return new StepwrightError('SEAL_KEY_GONE', message, { disposition: 'drop', context: { scope } });
}
