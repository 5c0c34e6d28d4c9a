import { VarintReader } from '../../../base/varint.ts';

/** Reads what `WireWriter` writes. Bytes are views of the response. @throws {RangeError} when it ends too early. */
export class WireReader {
  readonly #bytes: Buffer;
  readonly #isFlexible: boolean;
  #at = 0;

  constructor(bytes: Buffer, isFlexible: boolean) {
    this.#bytes = bytes;
    this.#isFlexible = isFlexible;
    // A flexible response header ends with a tag section, behind the correlation id that kafkajs took off.
    this.tags();
  }

  isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  int8(): number {
    return this.#bytes.readInt8(this.#step(1));
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#step(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#step(4));
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#step(8));
  }

  uuid(): string {
    const at = this.#step(16);
    return this.#bytes.toString('hex', at, at + 16);
  }

  string(): string {
    return this.nullableString() ?? '';
  }

  nullableString(): string | null {
    const byteCount = this.#isFlexible ? this.#unsigned() - 1 : this.int16();
    if (byteCount < 0) return null;
    const at = this.#step(byteCount);
    return this.#bytes.toString('utf8', at, at + byteCount);
  }

  bytes(): Buffer {
    const byteCount = this.#isFlexible ? this.#unsigned() - 1 : this.int32();
    if (byteCount <= 0) return Buffer.alloc(0);
    const at = this.#step(byteCount);
    return this.#bytes.subarray(at, at + byteCount);
  }

  array<T>(read: (reader: WireReader) => T): T[] {
    const count = this.#isFlexible ? this.#unsigned() - 1 : this.int32();
    const items: T[] = [];
    for (let index = 0; index < count; index++) items.push(read(this));
    return items;
  }

  /** Passes over a tag section. */
  tags(): void {
    this.tagged();
  }

  /** The fields of a tag section by their numbers, each to be read like a response without a header. */
  tagged(): ReadonlyMap<number, WireReader> {
    const fields = new Map<number, WireReader>();
    if (!this.#isFlexible) return fields;
    for (let count = this.#unsigned(); count > 0; count--) {
      const tag = this.#unsigned();
      const byteCount = this.#unsigned();
      const at = this.#step(byteCount);
      fields.set(tag, WireReader.#ofField(this.#bytes.subarray(at, at + byteCount)));
    }
    return fields;
  }

  static #ofField(bytes: Buffer): WireReader {
    // The constructor passes over a header's tag section: an empty one is put before.
    return new WireReader(Buffer.concat([Buffer.of(0), bytes]), true);
  }

  #unsigned(): number {
    const reader = new VarintReader(this.#bytes, this.#at);
    const value = reader.unsigned();
    this.#at = reader.position;
    return value;
  }

  #step(byteCount: number): number {
    const at = this.#at;
    if (at + byteCount > this.#bytes.length) throw new RangeError('a response of the broker ends too early');
    this.#at += byteCount;
    return at;
  }
}
