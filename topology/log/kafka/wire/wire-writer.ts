import { unsignedVarintBytes, writeUnsignedVarint } from '../../../base/varint.ts';

const initialBytes = 256;

/**
 * Writes the primitives of Kafka's protocol, big-endian. `isFlexible` chooses the compact forms and tag sections of KIP-482 for strings, bytes and
 * arrays, so a request is written once for both kinds.
 */
export class WireWriter {
  readonly #isFlexible: boolean;
  #bytes = Buffer.allocUnsafe(initialBytes);
  #length = 0;

  constructor(isFlexible: boolean) {
    this.#isFlexible = isFlexible;
    // A flexible request header ends with its own tag section, behind the client id that kafkajs wrote.
    this.tags();
  }

  int8(value: number): this {
    const at = this.#room(1);
    this.#bytes.writeInt8(value, at);
    return this;
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  int16(value: number): this {
    const at = this.#room(2);
    this.#bytes.writeInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.#room(4);
    this.#bytes.writeInt32BE(value, at);
    return this;
  }

  int64(value: bigint): this {
    const at = this.#room(8);
    this.#bytes.writeBigInt64BE(value, at);
    return this;
  }

  string(value: string): this {
    const byteCount = Buffer.byteLength(value);
    if (this.#isFlexible) this.#unsigned(byteCount + 1);
    else this.int16(byteCount);
    const at = this.#room(byteCount);
    this.#bytes.write(value, at);
    return this;
  }

  nullableString(value: string | null): this {
    if (value !== null) return this.string(value);
    if (this.#isFlexible) this.#unsigned(0);
    else this.int16(-1);
    return this;
  }

  bytes(value: Uint8Array): this {
    if (this.#isFlexible) this.#unsigned(value.length + 1);
    else this.int32(value.length);
    return this.raw(value);
  }

  /** Bytes as they are, without a length. */
  raw(value: Uint8Array): this {
    const at = this.#room(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  array<T>(items: readonly T[], write: (item: T) => void): this {
    if (this.#isFlexible) this.#unsigned(items.length + 1);
    else this.int32(items.length);
    for (const item of items) write(item);
    return this;
  }

  /** The empty tag section that ends every structure of a flexible version; nothing in others. */
  tags(): this {
    if (this.#isFlexible) this.#unsigned(0);
    return this;
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #unsigned(value: number): void {
    const at = this.#room(unsignedVarintBytes(value));
    writeUnsignedVarint(this.#bytes, at, value);
  }

  /** Makes room, and says where. Ask before touching `#bytes`, which may be another buffer afterwards. */
  #room(byteCount: number): number {
    const at = this.#length;
    this.#length += byteCount;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    return at;
  }
}
