import { unsignedVarintBytes, writeUnsignedVarint } from '../../base/varint.ts';

/** Unsigned varints and short texts, one after the other. */
export class ByteWriter {
  readonly #parts: Uint8Array[] = [];

  unsigned(value: number): this {
    const part = Buffer.allocUnsafe(unsignedVarintBytes(value));
    writeUnsignedVarint(part, 0, value);
    this.#parts.push(part);
    return this;
  }

  text(value: string): this {
    const bytes = Buffer.from(value);
    this.unsigned(bytes.length);
    this.#parts.push(bytes);
    return this;
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
