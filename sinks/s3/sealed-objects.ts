import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Keyring } from '../../processors/ports/keyring.ts';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { StepwrightError } from '../../topology/base/errors.ts';

/**
 * Sealed object format: version byte, nonce, AES-256-GCM ciphertext, tag. The object's key is bound as additional data, so that bytes
 * moved to another key do not open.
 * - 1: 12-byte random nonce, 16-byte tag
 */
const formatVersion = 1;
const nonceBytes = 12;
const tagBytes = 16;
const overheadBytes = 1 + nonceBytes + tagBytes;

/**
 * Seals bodies under the key of the scope (`tenantId/sessionId`) that `scopeOf` finds in the object's key: originals in quarantine end
 * with their session's key. Content types, sizes and keys stay readable.
 * `get` @throws {SEAL_KEY_GONE} when the session was forgotten; {SEAL_BROKEN} when the bytes were changed or stored unsealed.
 * `put` @throws {SEAL_KEY_GONE}: a late upload of a forgotten session is refused.
 */
export function sealedObjects(store: ObjectStore, keyring: Keyring, scopeOf: (key: string) => string): ObjectStore {
  return {
    async get(key) {
      const sealed = await store.get(key);
      return sealed === undefined ? undefined : open(sealed, key, openingKey(keyring, scopeOf(key)));
    },
    async head(key) {
      const found = await store.head(key);
      return found === undefined ? undefined : { ...found, sizeBytes: Math.max(0, found.sizeBytes - overheadBytes) };
    },
    put: async (key, body, options) => store.put(key, seal(body, key, keyring.keyFor(scopeOf(key))), options),
    delete: (key) => store.delete(key),
    async *list(prefix) {
      for await (const entry of store.list(prefix)) yield { ...entry, sizeBytes: Math.max(0, entry.sizeBytes - overheadBytes) };
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

function seal(body: Buffer, objectKey: string, key: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(objectKey));
  const ciphertext = cipher.update(body);
  cipher.final();
  return Buffer.concat([Buffer.from([formatVersion]), nonce, ciphertext, cipher.getAuthTag()]);
}

function open(sealed: Buffer, objectKey: string, key: Buffer): Buffer {
  if (sealed.length < overheadBytes || sealed[0] !== formatVersion) throw broken();
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + nonceBytes)).setAAD(Buffer.from(objectKey));
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  const body = decipher.update(sealed.subarray(1 + nonceBytes, -tagBytes));
  try {
    decipher.final();
  } catch (cause) {
    throw broken(cause);
  }
  return body;
}

function openingKey(keyring: Keyring, scope: string): Buffer {
  const key = keyring.peek(scope);
  if (key === 'gone') {
    throw new StepwrightError('SEAL_KEY_GONE', 'The session was forgotten: its original images cannot be opened any more.', {
      disposition: 'drop',
    });
  }
  if (key === undefined) throw broken();
  return key;
}

function broken(cause?: unknown): StepwrightError {
  const message = 'A sealed object does not open with the key of its session: it was changed, moved, or stored under another keyring.';
  return new StepwrightError('SEAL_BROKEN', message, { disposition: 'dead-letter', cause });
}
