import type { InputRecord, OutputRecord } from '../../../topology/log/log.ts';

/**
 * Where a spooled record belongs, in a header of its own. Versions, oldest first: 1 `1 <partition> <topic>`.
 */
const spoolHeader = 'stepwright-spool';
const version = '1';
/** What a record costs beside its bytes. */
const overheadBytes = 64;

export function toSpooled({ topic, partition, headers = [], ...record }: OutputRecord): OutputRecord {
  const place = Buffer.from(`${version} ${partition} ${topic}`);
  return { ...record, topic: 'spool.v1', partition: 0, headers: [...headers, [spoolHeader, place]] };
}

/** Copies: the record outlives the batch that it was read in. */
export function fromSpooled({ key, value, timestampMs, headers }: InputRecord): OutputRecord {
  const place = headers.find(([name]) => name === spoolHeader)?.[1].toString() ?? '';
  const [, partition = '0', topic = ''] = /^1 (\d+) (.+)$/.exec(place) ?? [];
  const own = headers.filter(([name]) => name !== spoolHeader).map(([name, bytes]) => [name, Buffer.from(bytes)] as const);
  return {
    topic,
    partition: Number(partition),
    key: key && Buffer.from(key),
    value: value && Buffer.from(value),
    timestampMs,
    headers: own,
  };
}

/** The same for a record that goes in and one that comes out. */
export function spooledBytes({ key, value, headers = [] }: Pick<OutputRecord, 'key' | 'value' | 'headers'>): number {
  const headerBytes = headers.reduce((sum, [name, bytes]) => sum + name.length + bytes.length, 0);
  return (key?.length ?? 0) + (value?.length ?? 0) + headerBytes + overheadBytes;
}
