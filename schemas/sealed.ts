import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import { StepwrightError } from '../topology/base/errors.ts';
import { identifierSource } from './identifier.ts';
import type { Serde } from './serde.ts';

/** What sealing needs of a keyring; `Keyring` of processors/ports is one. A key is 32 bytes. */
export interface SealKeys {
  /** Mints on first use. @throws {SEAL_KEY_GONE} when the key was destroyed. */
  keyFor(scope: string): Buffer;
  /** Never mints. */
  peek(scope: string): Buffer | 'gone' | undefined;
}

/**
 * Sealed values: version, nonce, ciphertext, tag. AES-256-GCM (NIST SP 800-38D) with random 96-bit nonces under a key of the session, which
 * seals far fewer than the 2^32 values that bound allows. The record or store key is bound as additional data, so a value does not open under another key.
 * Versions: 1 – as described.
 */
const formatVersion = 1;
const nonceBytes = 12;
const tagBytes = 16;
const headerBytes = 1 + nonceBytes;
const algorithm = 'aes-256-gcm';
/** Nonces drawn from the system at once: one call a nonce costs more than the cipher. */
const nonceBatchCount = 256;

/**
 * Wraps `serde` so that its bytes are sealed under the key of the scope that `scopeOf` finds in the record or store key.
 * Serializing mints the scope's key when there is none; deserializing never does.
 * Throws on use: SEAL_KEY_GONE (drop: the record is meant to be unreadable) once the key was destroyed; SEAL_BROKEN (dead-letter) when the bytes, the record key or the keyring are others
 * than at sealing.
 */
export function sealed<T>(serde: Serde<T>, keys: SealKeys, scopeOf: (key: Uint8Array) => string = sessionScope): Serde<T> {
  const nextNonce = nonceSource();
  return {
    serialize: (value, key) => seal(serde.serialize(value, key), keys.keyFor(scopeOf(key)), nextNonce(), key),
    deserialize: (bytes, key) => serde.deserialize(open(bytes, openingKey(keys, scopeOf(key)), key), key),
  };
}

const slash = 0x2f;

/**
 * `tenantId/sessionId` of a key that begins with it; what follows starts with `/` or a byte below 0x20 (a separator of store keys).
 * @throws {SEAL_BROKEN} when the key does not begin with a tenant and a session.
 */
export function sessionScope(key: Uint8Array): string {
  const tenantEnd = key.indexOf(slash);
  let end = tenantEnd + 1;
  while (end < key.length && key[end] !== slash && (key[end] ?? 0) >= 0x20) end += 1;
  if (tenantEnd <= 0 || end === tenantEnd + 1) throw broken(`a key of ${key.length} bytes does not begin with tenant/session`);
  return Buffer.from(key.buffer, key.byteOffset, end).toString('utf8');
}

function nonceSource(): () => Buffer {
  let batch = Buffer.alloc(0);
  let at = 0;
  return () => {
    if (at >= batch.length) {
      batch = randomFillSync(Buffer.allocUnsafeSlow(nonceBytes * nonceBatchCount));
      at = 0;
    }
    at += nonceBytes;
    return batch.subarray(at - nonceBytes, at);
  };
}

const tenantOfSession = new RegExp(`^(${identifierSource})/`);

/** The tenant of a record's key, which begins with `tenant/session`; undefined for any other key. */
export function tenantOfKey(key: Buffer): string | undefined {
  return tenantOfSession.exec(key.toString())?.[1];
}

function seal(plain: Buffer, key: Buffer, nonce: Buffer, boundTo: Uint8Array): Buffer {
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(boundTo);
  const body = cipher.update(plain);
  const rest = cipher.final();
  return Buffer.concat([Buffer.of(formatVersion), nonce, body, rest, cipher.getAuthTag()]);
}

function open(bytes: Buffer, key: Buffer, boundTo: Uint8Array): Buffer {
  if (bytes[0] !== formatVersion) throw broken(`format version ${bytes[0] ?? 'missing'} is not known`);
  if (bytes.length < headerBytes + tagBytes) throw broken(`${bytes.length} bytes are too few`);
  const tagAt = bytes.length - tagBytes;
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(1, headerBytes), { authTagLength: tagBytes });
  decipher.setAAD(boundTo);
  decipher.setAuthTag(bytes.subarray(tagAt));
  const plain = decipher.update(bytes.subarray(headerBytes, tagAt));
  try {
    decipher.final();
  } catch {
    throw broken('the bytes were changed, or belong to another key or session');
  }
  return plain;
}

function openingKey(keys: SealKeys, scope: string): Buffer {
  const key = keys.peek(scope);
  if (key === 'gone') {
    throw new StepwrightError('SEAL_KEY_GONE', `the recording ${scope} was deleted: its key is destroyed`, {
      disposition: 'drop',
      context: { scope },
    });
  }
  if (key === undefined) throw broken(`the keyring never had a key for ${scope}: is it the keyring that belongs to this data?`);
  return key;
}

function broken(problem: string): StepwrightError {
  return new StepwrightError('SEAL_BROKEN', `sealed value: ${problem}`, { disposition: 'dead-letter' });
}
