/**
 * Turns values of one type into bytes and back. `key` is the encoded record or store key that the value belongs to;
 * plain serdes ignore it, `sealed` derives the session from it and binds the ciphertext to it.
 */
export interface Serde<T> {
  serialize(value: T, key: Uint8Array): Buffer;
  /** @throws {SERDE_FAILED | SEAL_KEY_GONE | SEAL_BROKEN} when the bytes are not a value of this type. */
  deserialize(bytes: Buffer, key: Uint8Array): T;
}

/** A serde whose bytes sort like its values (memcmp order), so that range scans follow the values' order. Prefixes stay prefixes. */
export interface KeySerde<K> {
  encode(key: K): Buffer;
  decode(bytes: Buffer): K;
  /** Promises that keys are strings, numbers or bigints and equal exactly when their bytes are: stores then look hot keys up without encoding. */
  readonly primitive?: true;
  /** Every encoding has this length, so a tuple needs no terminator after it. */
  readonly fixedBytes?: number;
}
