import type { KeySerde, Serde } from '../../schemas/serde.ts';
import { keyValueStore, type KeyValueStoreSpec } from '../../state/store.ts';
import { StepwrightError } from '../base/errors.ts';
import { inFlightStoreName, timerStoreName } from './names.ts';
import type { Headers } from '../base/headers.ts';

/** One timer of a key (T2). */
export interface TimerEntry {
  readonly name: string;
  readonly dueAtMs: number;
  /** Set for a time the key had already passed: due with the next record, whatever its time. */
  readonly overdue: boolean;
}

/** A record that mapAsync took over: offsets move past it, so all that is needed to issue it again is here. */
export interface InFlightEntry {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly timestampMs: number;
  readonly headers: Headers;
  readonly source: { readonly topic: string; readonly partition: number; readonly offset: bigint };
}

/**
 * Format versions of a timer list. 1: version byte, count (u16), then per timer: overdue (u8), due (f64), name length (u16), name.
 */
const timersVersion = 1;

/**
 * Format versions of an in-flight entry. 1: version byte, time (f64), partition (u32), offset (i64), then topic, key and value with u32
 * lengths, header count (u16), then name and value of each header with u32 lengths.
 */
const inFlightVersion = 1;

export function timerStore(nodeName: string, key: KeySerde<unknown>): KeyValueStoreSpec<unknown, readonly TimerEntry[]> {
  return keyValueStore(timerStoreName(nodeName), { key, value: timersSerde });
}

/** Keyed by the order of admission, so a scan gives back the order per key. */
export function inFlightStore(nodeName: string): KeyValueStoreSpec<number, InFlightEntry> {
  return keyValueStore(inFlightStoreName(nodeName), { key: sequenceSerde, value: inFlightSerde });
}

const sequenceSerde: KeySerde<number> = {
  encode(sequence) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(sequence));
    return bytes;
  },
  decode: (bytes) => Number(bytes.readBigUInt64BE(0)),
};

const timersSerde: Serde<readonly TimerEntry[]> = {
  serialize(timers) {
    const names = timers.map((timer) => Buffer.from(timer.name));
    const bytes = Buffer.allocUnsafe(3 + names.reduce((sum, name) => sum + 11 + name.length, 0));
    let at = bytes.writeUInt8(timersVersion, 0);
    at = bytes.writeUInt16BE(timers.length, at);
    for (const [index, timer] of timers.entries()) {
      const name = names[index] ?? Buffer.alloc(0);
      at = bytes.writeUInt8(timer.overdue ? 1 : 0, at);
      at = bytes.writeDoubleBE(timer.dueAtMs, at);
      at = bytes.writeUInt16BE(name.length, at);
      at += name.copy(bytes, at);
    }
    return bytes;
  },
  deserialize(bytes) {
    expectVersion(bytes, timersVersion, 'timer list');
    const timers: TimerEntry[] = [];
    let at = 3;
    for (let left = bytes.readUInt16BE(1); left > 0; left -= 1) {
      const length = bytes.readUInt16BE(at + 9);
      timers.push({
        overdue: bytes.readUInt8(at) === 1,
        dueAtMs: bytes.readDoubleBE(at + 1),
        name: bytes.toString('utf8', at + 11, at + 11 + length),
      });
      at += 11 + length;
    }
    return timers;
  },
};

const inFlightSerde: Serde<InFlightEntry> = {
  serialize(entry) {
    const head = Buffer.allocUnsafe(21);
    head.writeUInt8(inFlightVersion, 0);
    head.writeDoubleBE(entry.timestampMs, 1);
    head.writeUInt32BE(entry.source.partition, 9);
    head.writeBigInt64BE(entry.source.offset, 13);
    const headerCount = Buffer.allocUnsafe(2);
    headerCount.writeUInt16BE(entry.headers.length, 0);
    return Buffer.concat([
      head,
      ...block(Buffer.from(entry.source.topic)),
      ...block(entry.key),
      ...block(entry.value),
      headerCount,
      ...entry.headers.flatMap(([name, value]) => [...block(Buffer.from(name)), ...block(value)]),
    ]);
  },
  deserialize(bytes) {
    expectVersion(bytes, inFlightVersion, 'in-flight entry');
    let at = 21;
    const next = () => {
      const end = at + 4 + bytes.readUInt32BE(at);
      const part = bytes.subarray(at + 4, end);
      at = end;
      return part;
    };
    const [topic, key, value] = [next().toString(), next(), next()];
    const headers: [string, Buffer][] = [];
    const headerCount = bytes.readUInt16BE(at);
    at += 2;
    for (let left = headerCount; left > 0; left -= 1) headers.push([next().toString(), next()]);
    const source = { topic, partition: bytes.readUInt32BE(9), offset: bytes.readBigInt64BE(13) };
    return { key, value, headers, source, timestampMs: bytes.readDoubleBE(1) };
  },
};

function block(bytes: Buffer): [Buffer, Buffer] {
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(bytes.length, 0);
  return [length, bytes];
}

function expectVersion(bytes: Buffer, version: number, what: string): void {
  if (bytes[0] !== version) {
    throw new StepwrightError(
      'STATE_FORMAT_VERSION',
      `${what} has format version ${bytes[0]}, this build reads ${version}: use the build that wrote it`,
    );
  }
}
