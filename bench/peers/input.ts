import { createHash } from 'node:crypto';
import { partitionOfKey } from '../../topology/base/partition.ts';
import type { Log, OutputRecord } from '../../topology/log/log.ts';
import { partitionCount } from '../engine/scenarios/app-order.ts';
import type { Scenario } from './scenarios.ts';

export const valueBytes = 300;
const sendCount = 4_000;
/** Prime, so coprime to any smaller key count: neighbours have keys far apart, and every key comes once a round. */
const stride = 7_919;
const firstTimestampMs = 1_750_000_000_000;
const poolBytes = 65_536;

/** Session windows of random keys: a key comes again after `keyCount` ms on average, so about one visit in four opens a session. */
export function gapMsOf({ keyCount }: Pick<Scenario, 'keyCount'>): number {
  return Math.round(keyCount * 1.4);
}

export interface RecordRange {
  readonly from: number;
  readonly to: number;
  readonly timestampMs?: number;
}

/** The records of a scenario, which depend on nothing but its numbers. Values do not repeat; the first four bytes are the record's number. */
export class InputRecords {
  readonly #scenario: Pick<Scenario, 'keyCount' | 'keyOrder'>;
  readonly #pool: Buffer;

  constructor(scenario: Pick<Scenario, 'keyCount' | 'keyOrder'>) {
    this.#scenario = scenario;
    const blocks: Buffer[] = [];
    for (let block = 0; block * 32 < poolBytes + valueBytes; block += 1) blocks.push(createHash('sha256').update(String(block)).digest());
    this.#pool = Buffer.concat(blocks);
  }

  record(topic: string, index: number): OutputRecord {
    const key = Buffer.from(`tenant/${this.#keyNumber(index)}`);
    const value = Buffer.allocUnsafe(valueBytes);
    const at = (index * 41) % poolBytes;
    value.set(this.#pool.subarray(at, at + valueBytes));
    value.writeUInt32BE(index);
    return { topic, partition: partitionOfKey(key, partitionCount), key, value, timestampMs: firstTimestampMs + index };
  }

  /** Appends records [from, to) without transactions; with `timestampMs` all of that time. */
  async write(log: Log, topic: string, { from, to, timestampMs }: RecordRange): Promise<void> {
    const producer = await log.openProducer();
    for (let first = from; first < to; first += sendCount) {
      const records: OutputRecord[] = [];
      for (let index = first; index < Math.min(first + sendCount, to); index += 1) {
        const record = this.record(topic, index);
        records.push(timestampMs === undefined ? record : { ...record, timestampMs });
      }
      await producer.send(records);
    }
    await producer.close();
  }

  #keyNumber(index: number): number {
    const { keyCount, keyOrder } = this.#scenario;
    return keyOrder === 'rounds' ? (index * stride) % keyCount : mixed(index) % keyCount;
  }
}

/** A number's bits stirred (the finalizer of MurmurHash3), so that consecutive ones look random and every run draws the same. */
function mixed(index: number): number {
  let hash = index ^ (index >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
