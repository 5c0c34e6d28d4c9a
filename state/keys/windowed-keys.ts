import type { KeySerde, Serde } from '../../schemas/serde.ts';
import type { Windowed } from '../store.ts';
import { encodePart, partEnd, partOf } from './key-serdes.ts';

/** Times in keys: unsigned 48-bit milliseconds would do until the year 10889; eight bytes keep the layout plain. */
const timeBytes = 8;

/** Window stores: key, then start. Windows of one key stand together, in time order. */
export function windowKey<K>(key: KeySerde<K>, windowSizeMs: number): KeySerde<Windowed<K>> {
  return {
    encode: (window) => windowBytes(key, window.key, window.startMs),
    decode: (bytes) => {
      const end = partEnd(key, bytes);
      const startMs = readTime(bytes, end);
      return { key: key.decode(partOf(key, bytes, end)), startMs, endMs: startMs + windowSizeMs };
    },
  };
}

/** Bytes of the window of `key` at `startMs`; a bound for scans too. */
export function windowBytes<K>(serde: KeySerde<K>, key: K, startMs: number): Buffer {
  const bytes = encodePart(serde, key, timeBytes);
  writeTime(bytes, startMs, bytes.length - timeBytes);
  return bytes;
}

/** Session stores: key, then end, then start, so that sessions ending before a time are skipped by the seek (as Kafka Streams orders them). */
export function sessionKey<K>(key: KeySerde<K>): KeySerde<Windowed<K>> {
  return {
    encode: (session) => {
      const bytes = encodePart(key, session.key, 2 * timeBytes);
      writeTime(bytes, session.endMs, bytes.length - 2 * timeBytes);
      writeTime(bytes, session.startMs, bytes.length - timeBytes);
      return bytes;
    },
    decode: (bytes) => {
      const end = partEnd(key, bytes);
      return { key: key.decode(partOf(key, bytes, end)), endMs: readTime(bytes, end), startMs: readTime(bytes, end + timeBytes) };
    },
  };
}

/** Hands the inner serde the user's key instead of the composite one, so that `sealed` finds the session in it. */
export function valueByInnerKey<K, V>(key: KeySerde<K>, value: Serde<V>): Serde<V> {
  const inner = (bytes: Uint8Array): Buffer => {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return partOf(key, view, partEnd(key, view));
  };
  return {
    serialize: (plain, bytes) => value.serialize(plain, inner(bytes)),
    deserialize: (stored, bytes) => value.deserialize(stored, inner(bytes)),
  };
}

/** The time in the eight bytes at `at` of an encoded window or session key. */
export function readTime(bytes: Buffer, at: number): number {
  return (bytes.readUInt32BE(at) - signOffset) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}

/** Whole milliseconds within the safe integers, as a 64-bit integer with the sign bit turned, so that negative times sort first. */
export function writeTime(bytes: Buffer, timeMs: number, at: number): void {
  const whole = Math.trunc(Math.min(Math.max(timeMs, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER));
  const high = Math.floor(whole / 2 ** 32);
  bytes.writeUInt32BE(high + signOffset, at);
  bytes.writeUInt32BE(whole - high * 2 ** 32, at + 4);
}

const signOffset = 2 ** 31;
