import { createHash } from 'node:crypto';
import type { Log } from '../../topology/log/log.ts';
import { partitionCount } from '../engine/scenarios/app-order.ts';

/** What a contestant left in its output topic. Two that did the same work have equal outcomes. */
export interface Outcome {
  readonly recordCount: number;
  /** Keys whose last record is not a tombstone. */
  readonly keyCount: number;
  /** SHA-256 over partition, key and last value of every key, in key order. */
  readonly digest: string;
}

/** Reads the committed records of a topic from its beginning to its end as of now. */
export async function outcomeOf(log: Log, topic: string): Promise<Outcome> {
  const partitions = Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition }));
  const ends = await log.offsets(partitions, 'read_committed');
  const reader = await log.openReader({ from: partitions.map((at) => ({ ...at, nextOffset: 0n })), isolation: 'read_committed' });
  const last = new Map<string, string>();
  let recordCount = 0;
  while (ends.some((end) => reader.position(end) < end.nextOffset)) {
    for (const { partition, records } of await reader.poll({ maxWaitMs: 200, maxBytes: 8_388_608 })) {
      recordCount += records.length;
      for (const { key, value } of records) {
        const id = `${partition} ${key?.toString('latin1') ?? ''}`;
        if (value === null) last.delete(id);
        else last.set(id, value.toString('latin1'));
      }
    }
  }
  await reader.close();
  const hash = createHash('sha256');
  for (const id of [...last.keys()].sort()) hash.update(`${id}=${last.get(id) ?? ''}\n`, 'latin1');
  return { recordCount, keyCount: last.size, digest: hash.digest('hex') };
}

export function sameOutcome(one: Outcome, other: Outcome): boolean {
  return one.recordCount === other.recordCount && one.digest === other.digest;
}
