import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { PartitionRecords } from './plan.ts';

const parquetType = 'application/vnd.apache.parquet';
const dayMs = 86_400_000;
const sealedBytes = { type: 'BYTE_ARRAY', encoding: 'PLAIN', codec: 'UNCOMPRESSED', statistics: false } as const;

class Columns {
  readonly tenantIds: string[] = [];
  readonly sessionIds: string[] = [];
  readonly partitions: number[] = [];
  readonly offsets: bigint[] = [];
  readonly timestamps: Date[] = [];
  readonly keys: Buffer[] = [];
  readonly values: (Buffer | null)[] = [];
  readonly ingests: (Buffer | null)[] = [];
  readonly traceParents: (string | null)[] = [];
  readonly otherCounts: number[] = [];

  encode(): Buffer {
    const bytes = parquetWriteBuffer({
      columnData: [
        { name: 'tenant_id', type: 'STRING', nullable: false, data: this.tenantIds },
        { name: 'session_id', type: 'STRING', nullable: false, data: this.sessionIds },
        { name: 'partition', type: 'INT32', nullable: false, data: this.partitions },
        { name: 'offset', type: 'INT64', nullable: false, data: this.offsets },
        { name: 'timestamp', type: 'TIMESTAMP', nullable: false, data: this.timestamps },
        { name: 'key', type: 'BYTE_ARRAY', nullable: false, statistics: false, data: this.keys },
        { name: 'value', ...sealedBytes, data: this.values },
        { name: 'ingest', ...sealedBytes, data: this.ingests },
        { name: 'trace_parent', type: 'STRING', data: this.traceParents },
        { name: 'other_headers', type: 'INT32', nullable: false, data: this.otherCounts },
      ],
    });
    return Buffer.from(bytes);
  }
}

/**
 * The cheapest program that leaves the same rows in the same number of objects: records into columns by tenant and day as they come, one put a file. No copy of what it
 * reads, no plan, no positions, no order by session, nothing that makes a second run find the first one's objects.
 */
export function createPlainLoop(
  client: S3Client,
  place: { readonly bucket: string; readonly prefix: string; readonly mostAtOnce: number },
) {
  return async (batch: readonly PartitionRecords[], name: string): Promise<void> => {
    const files = new Map<string, Columns>();
    for (const { partition, records } of batch) {
      for (const { key, value, offset, timestampMs, headers } of records) {
        if (key === null) continue;
        const [tenantId = '', sessionId = ''] = key.toString().split('/');
        const id = `${tenantId}/${Math.floor(timestampMs / dayMs)}`;
        let columns = files.get(id);
        if (columns === undefined) files.set(id, (columns = new Columns()));
        columns.tenantIds.push(tenantId);
        columns.sessionIds.push(sessionId);
        columns.partitions.push(partition);
        columns.offsets.push(offset);
        columns.timestamps.push(new Date(timestampMs));
        columns.keys.push(key);
        columns.values.push(value);
        columns.ingests.push(headers.find(([header]) => header === 'stepwright-ingest')?.[1] ?? null);
        columns.traceParents.push(null);
        columns.otherCounts.push(0);
      }
    }
    const left = files.entries();
    const worker = async (): Promise<void> => {
      for (const [id, columns] of left) {
        const object = { Key: `${place.prefix}${id}/${name}.parquet`, Body: columns.encode(), ContentType: parquetType };
        await client.send(new PutObjectCommand({ Bucket: place.bucket, ...object }));
      }
    };
    await Promise.all(Array.from({ length: place.mostAtOnce }, worker));
  };
}
