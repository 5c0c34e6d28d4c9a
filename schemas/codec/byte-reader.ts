import { AvroFault } from './avro-fault.ts';
import { maximumInteger } from './byte-writer.ts';

/** Up to here a loop over the bytes beats the call into native code. */
const shortStringBytes = 16;
/** The scale of the eighth byte of a varint, the last that an integer within ±2^52 can need. */
const lastScale = 2 ** 49;

/** A position in encoded bytes with Avro's primitives. Every method throws an AvroFault rather than read past the end. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get remainingBytes(): number {
    return this.#bytes.length - this.#at;
  }

  boolean(): boolean {
    const value = this.#byte();
    if (value > 1) throw new AvroFault('is not a boolean on the wire');
    return value === 1;
  }

  /** The branch of a union of null and something: true for null. */
  isNull(): boolean {
    const branch = this.#byte();
    if (branch !== 0 && branch !== 2) throw new AvroFault('has an unknown union branch on the wire');
    return branch === 0;
  }

  /** Zigzag varint. */
  integer(): number {
    let byte = this.#byte();
    if (byte <= 0x7f) return (byte >>> 1) ^ -(byte & 1);
    let zigzag = byte & 0x7f;
    let scale = 128;
    while (byte > 0x7f && scale <= lastScale) {
      byte = this.#byte();
      zigzag += (byte & 0x7f) * scale;
      scale *= 128;
    }
    if (byte > 0x7f || zigzag > maximumInteger * 2) throw new AvroFault('is an integer beyond ±2^52 on the wire');
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  }

  double(): number {
    const at = this.#advance(8);
    return this.#bytes.readDoubleLE(at);
  }

  string(): string {
    const lengthBytes = this.#length();
    const at = this.#advance(lengthBytes);
    if (lengthBytes > shortStringBytes) return this.#bytes.toString('utf8', at, at + lengthBytes);
    let text = '';
    for (let index = at; index < at + lengthBytes; index += 1) {
      const code = this.#bytes[index] ?? 0;
      if (code > 0x7f) return this.#bytes.toString('utf8', at, at + lengthBytes);
      text += String.fromCharCode(code);
    }
    return text;
  }

  #length(): number {
    const lengthBytes = this.integer();
    if (lengthBytes < 0) throw new AvroFault('has a negative length on the wire');
    return lengthBytes;
  }

  #advance(lengthBytes: number): number {
    const at = this.#at;
    if (lengthBytes > this.#bytes.length - at) throw new AvroFault('is cut short');
    this.#at = at + lengthBytes;
    return at;
  }

  #byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw new AvroFault('is cut short');
    this.#at += 1;
    return value;
  }
}
