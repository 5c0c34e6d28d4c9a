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
/** By how much sealed bytes are more than plain ones. */
export const sealOverheadBytes = headerBytes + tagBytes;
const algorithm = 'aes-256-gcm';
/** Nonces drawn from the system at once: one call a nonce costs more than the cipher. */
const nonceBatchCount = 256;

/** Seals and opens bytes under the key of a scope. `boundTo` is not stored: bytes open with the same one only. */
export interface Sealer {
  /** Mints the scope's key when there is none. @throws {SEAL_KEY_GONE} once the key was destroyed. */
  seal(scope: string, plain: Buffer, boundTo: Uint8Array): Buffer;
  /** Never mints. @throws {SEAL_KEY_GONE}; {SEAL_BROKEN} when bytes, scope, `boundTo` or keyring are others than at sealing. */
  open(scope: string, bytes: Buffer, boundTo: Uint8Array): Buffer;
}

export function createSealer(keys: SealKeys): Sealer {
  const nextNonce = nonceSource();
  return {
    seal: (scope, plain, boundTo) => seal(plain, keys.keyFor(scope), nextNonce(), boundTo),
    open: (scope, bytes, boundTo) => open(bytes, openingKey(keys, scope), boundTo),
  };
}

/**
 * Wraps `serde` so that its bytes are sealed under the key of the scope that `scopeOf` finds in the record or store key, to which they are bound.
 * Throws on use as `Sealer` does: SEAL_KEY_GONE (drop: the record is meant to be unreadable) and SEAL_BROKEN (dead-letter).
 */
export function sealed<T>(serde: Serde<T>, keys: SealKeys, scopeOf: (key: Uint8Array) => string = sessionScope): Serde<T> {
  const sealer = createSealer(keys);
  return {
    serialize: (value, key) => sealer.seal(scopeOf(key), serde.serialize(value, key), key),
    deserialize: (bytes, key) => serde.deserialize(sealer.open(scopeOf(key), bytes, key), key),
  };
}

/** True for bytes in the form of a sealed value; whether they are one, only the key tells. */
export function hasSealedForm(bytes: Uint8Array): boolean {
  return bytes[0] === formatVersion && bytes.length >= headerBytes + tagBytes;
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
  if (bytes.length < sealOverheadBytes) throw broken(`${bytes.length} bytes are too few`);
  const tagAt = bytes.length - tagBytes;
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(1, headerBytes), { authTagLength: tagBytes });
  decipher.setAAD(boundTo);
  decipher.setAuthTag(bytes.subarray(tagAt));
  const plain = decipher.update(bytes.subarray(headerBytes, tagAt));
  try {
    decipher.final();
  } catch {
    throw broken('the bytes were changed or moved, or belong to another session or keyring');
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
