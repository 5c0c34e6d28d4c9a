/**
 * Variable-length integers as Protocol Buffers and Kafka write them: seven bits a byte, low bits first, signed values zigzagged.
 * Values are safe integers (|x| < 2^53); below 2^31 only 32-bit arithmetic is used.
 */

const twoTo31 = 0x8000_0000;
/** The scale of the eighth byte, the last that a safe integer can need: eight times seven bits are 56. */
const lastScale = 2 ** 49;

/** Bytes of an unsigned varint. */
export function unsignedVarintBytes(value: number): number {
  let byteCount = 1;
  let rest = value;
  while (rest >= 0x80) {
    rest = Math.floor(rest / 0x80);
    byteCount += 1;
  }
  return byteCount;
}

/** Bytes of a zigzag varint. */
export function varintBytes(value: number): number {
  if (value >= -0x40 && value < 0x40) return 1;
  if (value >= -0x2000 && value < 0x2000) return 2;
  return unsignedVarintBytes(zigzag(value));
}

/** Writes at `at` and returns the position after it. The caller has made room. */
export function writeUnsignedVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  let position = at;
  while (rest >= twoTo31) {
    bytes[position++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  while (rest >= 0x80) {
    bytes[position++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[position++] = rest;
  return position;
}

/** Writes zigzagged at `at` and returns the position after it. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  if (value >= -0x40 && value < 0x40) {
    bytes[at] = (value << 1) ^ (value >> 31);
    return at + 1;
  }
  return writeUnsignedVarint(bytes, at, zigzag(value));
}

/** Reads varints one after the other. `position` is where the next read starts. */
export class VarintReader {
  readonly bytes: Uint8Array;
  position: number;

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  /** @throws {RangeError} when the bytes end inside the number, or it does not fit a safe integer. */
  unsigned(): number {
    const first = this.#next();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    let scale = 0x80;
    for (;;) {
      const byte = this.#next();
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER || scale > lastScale) throw new RangeError('varint does not fit a safe integer');
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  /** @throws {RangeError} as `unsigned` does. */
  signed(): number {
    const raw = this.unsigned();
    if (raw < twoTo31) return (raw >>> 1) ^ -(raw & 1);
    return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
  }

  #next(): number {
    const byte = this.bytes[this.position];
    if (byte === undefined) throw new RangeError('bytes end inside a varint');
    this.position += 1;
    return byte;
  }
}

function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}
