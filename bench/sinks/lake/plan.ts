import { createCipheriv } from 'node:crypto';
import type { InputRecord } from '../../../topology/log/log.ts';

/** What a batch of the lake is made of. */
export const shape = {
  tenantCount: 8,
  sessionsAPartition: 33,
  partitionCount: 12,
  batchBytes: 32 << 20,
  valueBytes: 2 << 10,
  ingestBytes: 250,
} as const;

export const captureTopic = 'capture.events.v1';
const noonMs = Date.UTC(2026, 10, 22, 12);

export interface PartitionRecords {
  readonly partition: number;
  readonly records: readonly InputRecord[];
}

/** A batch of sealed records as a log hands them out: of all tenants, partition by partition, bytes that no codec makes smaller. Equal for equal numbers. */
export function planBatch(index: number): readonly PartitionRecords[] {
  const { tenantCount, sessionsAPartition, partitionCount, batchBytes, valueBytes, ingestBytes } = shape;
  const count = Math.floor(batchBytes / valueBytes / partitionCount);
  return Array.from({ length: partitionCount }, (_value, partition) => {
    const bytes = noise(index * partitionCount + partition, count * (valueBytes + ingestBytes));
    const records = Array.from({ length: count }, (_record, at): InputRecord => {
      const session = (at % sessionsAPartition) * partitionCount + partition;
      const from = at * (valueBytes + ingestBytes);
      const ingest = bytes.subarray(from + valueBytes, from + valueBytes + ingestBytes);
      // The form of a seal.
      ingest[0] = 1;
      return {
        offset: BigInt(index * count + at),
        key: Buffer.from(`tenant-${session % tenantCount}/session-${session}`),
        value: bytes.subarray(from, from + valueBytes),
        timestampMs: noonMs + index * 60_000 + at,
        headers: [['stepwright-ingest', ingest]],
      };
    });
    return { partition, records };
  });
}

function noise(seed: number, length: number): Buffer {
  const key = Buffer.alloc(16);
  key.writeUInt32BE(seed);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}
