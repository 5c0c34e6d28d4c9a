import type { KeySerde } from '../../schemas/serde.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import { componentEnd, escapedLength, escapeInto, unescape } from './order.ts';

/** Strings as UTF-8: ordered by code point, a string's prefix is a byte prefix. @throws {SERDE_FAILED} for a lone surrogate, which has no UTF-8. */
export const stringKey: KeySerde<string> = {
  primitive: true,
  encode: (key) => {
    const bytes = Buffer.from(key, 'utf8');
    if (bytes.length !== key.length && bytes.toString('utf8') !== key) throw keyError('a string with a lone surrogate');
    return bytes;
  },
  decode: (bytes) => bytes.toString('utf8'),
};

/** 64-bit signed integers, big-endian with the sign bit turned. @throws {SERDE_FAILED} outside the range. */
export const int64Key: KeySerde<bigint> = {
  primitive: true,
  fixedBytes: 8,
  encode: (key) => {
    if (BigInt.asIntN(64, key) !== key) throw keyError('an integer outside 64 bits');
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigUInt64BE(BigInt.asUintN(64, key ^ signBit));
    return bytes;
  },
  decode: (bytes) => BigInt.asIntN(64, bytes.readBigUInt64BE() ^ signBit),
};

/** Any number but NaN, as an order-keeping double: negative ones inverted, others with the sign bit set. -0 is 0. */
export const numberKey: KeySerde<number> = {
  primitive: true,
  fixedBytes: 8,
  encode: (key) => {
    if (Number.isNaN(key)) throw keyError('NaN');
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeDoubleBE(key + 0);
    turnDouble(bytes, ((bytes[0] ?? 0) & 0x80) !== 0);
    return bytes;
  },
  decode: (bytes) => {
    const copy = Buffer.from(bytes);
    turnDouble(copy, ((copy[0] ?? 0) & 0x80) === 0);
    return copy.readDoubleBE();
  },
};

/** Bytes as they are. */
export const bufferKey: KeySerde<Buffer> = { encode: (key) => key, decode: (bytes) => bytes };

export interface PairKeySerde<A, B> extends KeySerde<readonly [A, B]> {
  /** Bytes that every pair with this first part begins with, and no other: for `prefixScan`. */
  prefixOf(first: A): Buffer;
}

/** Pairs, ordered by the first part, then the second. Nest for longer tuples: `pairKey(a, pairKey(b, c))`. */
export function pairKey<A, B>(first: KeySerde<A>, second: KeySerde<B>): PairKeySerde<A, B> {
  const prefixOf = (part: A): Buffer => encodePart(first, part, 0);
  return {
    prefixOf,
    encode: ([left, right]) => {
      const tail = second.encode(right);
      const bytes = encodePart(first, left, tail.length);
      bytes.set(tail, bytes.length - tail.length);
      return bytes;
    },
    decode: (bytes) => {
      const end = partEnd(first, bytes);
      return [first.decode(partOf(first, bytes, end)), second.decode(bytes.subarray(end))];
    },
  };
}

/** One part of a composite key, able to be followed by others, with `spareBytes` left free behind it. */
export function encodePart<K>(serde: KeySerde<K>, part: K, spareBytes: number): Buffer {
  const body = serde.encode(part);
  if (serde.fixedBytes !== undefined) {
    const bytes = Buffer.allocUnsafe(body.length + spareBytes);
    bytes.set(body, 0);
    return bytes;
  }
  const bytes = Buffer.allocUnsafe(escapedLength(body) + spareBytes);
  escapeInto(bytes, 0, body);
  return bytes;
}

/** Where the first part of a composite key ends. @throws {SERDE_FAILED} when it has no end. */
export function partEnd<K>(serde: KeySerde<K>, bytes: Buffer): number {
  const end = serde.fixedBytes ?? componentEnd(bytes, 0);
  if (end < 0 || end > bytes.length) throw keyError('composite key bytes without an end of the first part');
  return end;
}

/** The encoded first part, without escapes. */
export function partOf<K>(serde: KeySerde<K>, bytes: Buffer, end: number): Buffer {
  return serde.fixedBytes === undefined ? unescape(bytes, 0, end) : bytes.subarray(0, end);
}

const signBit = 1n << 63n;

function turnDouble(bytes: Buffer, all: boolean): void {
  if (all) for (let at = 0; at < 8; at++) bytes[at] = ~(bytes[at] ?? 0);
  else bytes[0] = (bytes[0] ?? 0) ^ 0x80;
}

function keyError(what: string): StepwrightError {
  return new StepwrightError('SERDE_FAILED', `A store key is ${what}; such a key has no encoding.`, { disposition: 'dead-letter' });
}
