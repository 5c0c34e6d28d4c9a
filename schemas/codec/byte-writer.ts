import { AvroFault } from './avro-fault.ts';

const minimumBytes = 1024;
const longestVarintBytes = 10;
/** Up to here a loop over the characters beats the call into native code. */
const shortStringLength = 96;

/** Integers beyond this lose bits in zigzag arithmetic on doubles. */
export const maximumInteger = 2 ** 52;

/** A growing buffer with Avro's primitives. One per codec, re-used for every value: `take` copies the bytes out. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafeSlow(minimumBytes);
  #at = 0;

  reset(): void {
    this.#at = 0;
  }

  take(): Buffer {
    const copy = Buffer.allocUnsafe(this.#at);
    this.#bytes.copy(copy, 0, 0, this.#at);
    return copy;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = value;
  }

  /** The branch of a union of null and something. True when `value` is absent, so that nothing follows. */
  branch(value: unknown): boolean {
    const isAbsent = value === undefined || value === null;
    this.byte(isAbsent ? 0 : 2);
    return isAbsent;
  }

  uint32BigEndian(value: number): void {
    this.#reserve(4);
    this.#at = this.#bytes.writeUInt32BE(value, this.#at);
  }

  /** Zigzag varint. */
  integer(value: number): void {
    this.#reserve(longestVarintBytes);
    if (value >= -0x40000000 && value < 0x40000000) this.#smallVarint((value << 1) ^ (value >> 31));
    else this.#largeVarint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  string(value: string): void {
    const length = value.length;
    if (length <= shortStringLength && this.#asciiString(value, length)) return;
    const lengthBytes = Buffer.byteLength(value);
    this.integer(lengthBytes);
    this.#reserve(lengthBytes);
    this.#at += this.#bytes.write(value, this.#at);
  }

  #asciiString(value: string, length: number): boolean {
    this.#reserve(length + 2);
    const bytes = this.#bytes;
    let at = this.#at;
    if (length > 63) bytes[at++] = ((length << 1) & 0x7f) | 0x80;
    bytes[at++] = length > 63 ? length >> 6 : length << 1;
    for (let index = 0; index < length; index += 1) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) return false;
      bytes[at++] = code;
    }
    this.#at = at;
    return true;
  }

  #smallVarint(zigzag: number): void {
    let rest = zigzag;
    while (rest > 0x7f) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
  }

  #largeVarint(zigzag: number): void {
    let rest = zigzag;
    while (rest > 0x7f) {
      this.#bytes[this.#at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#at++] = rest;
  }

  #reserve(extraBytes: number): void {
    const needed = this.#at + extraBytes;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }
}

/** @throws {AvroFault} unless `value` is an integer that survives the way through the wire. */
export function checkInteger(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= -maximumInteger && value <= maximumInteger) return value;
  throw new AvroFault('must be an integer within ±2^52');
}
