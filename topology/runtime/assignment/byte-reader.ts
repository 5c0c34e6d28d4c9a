import { VarintReader } from '../../base/varint.ts';

/** Reads what `ByteWriter` wrote. */
export class ByteReader {
  readonly #bytes: Buffer;
  readonly #varints: VarintReader;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#varints = new VarintReader(bytes);
  }

  /** @throws {RangeError} when the bytes end inside the number. */
  unsigned(): number {
    return this.#varints.unsigned();
  }

  /** @throws {RangeError} when the bytes end inside the text. */
  text(): string {
    const length = this.unsigned();
    const from = this.#varints.position;
    if (from + length > this.#bytes.length) throw new RangeError('bytes end inside a text');
    this.#varints.position = from + length;
    return this.#bytes.toString('utf8', from, from + length);
  }

  /** @throws {RangeError} as `read` does; also when a count is larger than what could follow. */
  list<T>(read: () => T): T[] {
    const count = this.unsigned();
    if (count > this.#bytes.length - this.#varints.position) throw new RangeError('bytes end inside a list');
    return Array.from({ length: count }, read);
  }
}
