import { StepwrightError } from '../../topology/base/errors.ts';
import type { SinkRow } from '../runner/sink-target.ts';
import type { LakeRow } from './lake-row.ts';

export const parquetType = 'application/vnd.apache.parquet';

/**
 * The columns of a file of the lake; a reader finds them by name.
 * - 1: tenant_id, session_id, partition, offset, timestamp (UTC, ms), key, value (sealed; null is a deletion)
 */
const formatVersion = '1';

/** One Parquet file of the rows, in their order. Equal rows are equal bytes. */
export async function encodeParquet(rows: readonly SinkRow<LakeRow>[]): Promise<Buffer> {
  // Loaded by who has a lake only.
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const bytes = parquetWriteBuffer({
    kvMetadata: [{ key: 'stepwright.lake', value: formatVersion }],
    columnData: [
      { name: 'tenant_id', type: 'STRING', nullable: false, data: rows.map(({ row }) => row.tenantId) },
      { name: 'session_id', type: 'STRING', nullable: false, data: rows.map(({ row }) => row.sessionId) },
      { name: 'partition', type: 'INT32', nullable: false, data: rows.map(({ partition }) => partition) },
      { name: 'offset', type: 'INT64', nullable: false, data: rows.map(({ offset }) => offset) },
      { name: 'timestamp', type: 'TIMESTAMP', nullable: false, data: rows.map(({ row }) => new Date(row.timestampMs)) },
      { name: 'key', type: 'BYTE_ARRAY', nullable: false, data: rows.map(({ row }) => row.key) },
      // Sealed bytes are as good as random: neither a dictionary nor a codec makes them smaller, and a smallest value says nothing.
      {
        name: 'value',
        type: 'BYTE_ARRAY',
        encoding: 'PLAIN',
        codec: 'UNCOMPRESSED',
        statistics: false,
        data: rows.map(({ row }) => row.value),
      },
    ],
  });
  return Buffer.from(bytes);
}

/** What a file of the lake holds of each record. */
export interface LakeRecord {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/** @throws {OBJECT_STORE_FAILED} when the bytes are no file of the lake: it was changed from outside. */
export async function decodeParquet(file: Buffer): Promise<readonly LakeRecord[]> {
  const { parquetReadObjects } = await import('hyparquet');
  const bytes = new Uint8Array(file).buffer;
  const rows = await parquetReadObjects({ file: bytes, utf8: false }).catch((cause: unknown) => {
    throw foreign(cause);
  });
  return rows.map(recordOf);
}

function recordOf(row: Readonly<Record<string, unknown>>): LakeRecord {
  const { tenant_id: tenantId, session_id: sessionId, partition, offset, timestamp, key, value } = row;
  if (typeof tenantId !== 'string' || typeof sessionId !== 'string' || typeof partition !== 'number') throw foreign();
  if (typeof offset !== 'bigint' || !(timestamp instanceof Date) || !(key instanceof Uint8Array)) throw foreign();
  return { tenantId, sessionId, partition, offset, timestampMs: timestamp.getTime(), key: Buffer.from(key), value: valueOf(value) };
}

function valueOf(value: unknown): Buffer | null {
  if (value === null || value === undefined) return null;
  if (!(value instanceof Uint8Array)) throw foreign();
  return Buffer.from(value);
}

function foreign(cause?: unknown): StepwrightError {
  return new StepwrightError(
    'OBJECT_STORE_FAILED',
    'A file of the lake cannot be read: it was changed from outside or another program wrote it.',
    {
      disposition: 'dead-letter',
      cause,
    },
  );
}
