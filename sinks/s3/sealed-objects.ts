import type { Keyring } from '../../processors/ports/keyring.ts';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { createSealer, sealOverheadBytes } from '../../schemas/sealed.ts';
import { StepwrightError } from '../../topology/base/errors.ts';

/**
 * Seals bodies under the key of the scope (`tenantId/sessionId`) that `scopeOf` finds in the object's key, in the format of schemas/sealed.ts, bound to that
 * key: originals in quarantine end with their session's key. Content types, sizes and keys stay readable.
 * `get` @throws {SEAL_KEY_GONE} when the session was forgotten; {SEAL_BROKEN} when the bytes were changed, moved or stored unsealed.
 * `put` @throws {SEAL_KEY_GONE}: a late upload of a forgotten session is refused.
 */
export function sealedObjects(store: ObjectStore, keyring: Keyring, scopeOf: (key: string) => string): ObjectStore {
  const sealer = createSealer(keyring);
  return {
    async get(key) {
      const bytes = await store.get(key);
      return bytes && sealer.open(scopeOf(key), bytes, Buffer.from(key));
    },
    async head(key) {
      const found = await store.head(key);
      return found === undefined ? undefined : { ...found, sizeBytes: Math.max(0, found.sizeBytes - sealOverheadBytes) };
    },
    put: async (key, body, options) => store.put(key, sealer.seal(scopeOf(key), body, Buffer.from(key)), options),
    delete: (key) => store.delete(key),
    async *list(prefix) {
      for await (const entry of store.list(prefix)) yield { ...entry, sizeBytes: Math.max(0, entry.sizeBytes - sealOverheadBytes) };
    },
  };
}

/** The scope of `quarantine/<tenant>/<session>/<sha256>`. @throws {OBJECT_KEY_INVALID} for any other key. */
export function quarantineScope(key: string): string {
  const [folder, tenantId, sessionId, name, ...rest] = key.split('/');
  if (folder !== 'quarantine' || !tenantId || !sessionId || !name || rest.length > 0) {
    throw new StepwrightError('OBJECT_KEY_INVALID', 'A quarantine key is quarantine/<tenant>/<session>/<sha256>.', {
      disposition: 'dead-letter',
    });
  }
  return `${tenantId}/${sessionId}`;
}
