import { StepwrightError } from '../../topology/base/errors.ts';
import type { SinkRow } from '../runner/sink-target.ts';
import type { LakeHeaders } from './lake-headers.ts';
import type { LakeRow } from './lake-row.ts';

export const parquetType = 'application/vnd.apache.parquet';

/**
 * The columns of a file of the lake; a reader finds them by name, and those that an older file has not are null.
 * - 1: tenant_id, session_id, partition, offset, timestamp (UTC, ms), key, value (sealed; null is a deletion)
 * - 2: ingest (sealed), trace_parent, other_headers (how many were left out); sessions stand together. Beside them, `stepwright.source` tells which offsets the
 *   file was cut from.
 */
const formatVersion = '2';

/** Sealed bytes are as good as random: neither a dictionary nor a codec makes them smaller, and a smallest value says nothing. */
const sealedBytes = { type: 'BYTE_ARRAY', encoding: 'PLAIN', codec: 'UNCOMPRESSED', statistics: false } as const;

/** One Parquet file of the rows, in their order. Equal rows and source are equal bytes. */
export async function encodeParquet(rows: readonly SinkRow<LakeRow>[], source: string): Promise<Buffer> {
  // Loaded by who has a lake only.
  const { ByteWriter, parquetWrite } = await import('hyparquet-writer');
  const writer = new ByteWriter(sizeOf(rows));
  await parquetWrite({
    writer,
    kvMetadata: [
      { key: 'stepwright.lake', value: formatVersion },
      { key: 'stepwright.source', value: source },
    ],
    columnData: [
      { name: 'tenant_id', type: 'STRING', nullable: false, data: rows.map(({ row }) => row.names.tenantId) },
      { name: 'session_id', type: 'STRING', nullable: false, data: rows.map(({ row }) => row.names.sessionId) },
      { name: 'partition', type: 'INT32', nullable: false, data: rows.map(({ partition }) => partition) },
      { name: 'offset', type: 'INT64', nullable: false, data: rows.map(({ offset }) => offset) },
      { name: 'timestamp', type: 'TIMESTAMP', nullable: false, data: rows.map(({ row }) => new Date(row.timestampMs)) },
      { name: 'key', type: 'BYTE_ARRAY', nullable: false, statistics: false, data: rows.map(({ row }) => row.names.key) },
      { name: 'value', ...sealedBytes, data: rows.map(({ row }) => row.value) },
      { name: 'ingest', ...sealedBytes, data: rows.map(({ row }) => row.headers.ingest) },
      { name: 'trace_parent', type: 'STRING', data: rows.map(({ row }) => row.headers.traceParent) },
      { name: 'other_headers', type: 'INT32', nullable: false, data: rows.map(({ row }) => row.headers.otherCount) },
    ],
  });
  const { buffer, byteOffset, length } = writer.getBytes();
  return Buffer.from(buffer, byteOffset, length);
}

/** Bytes of a row beside its key and sealed values, when no dictionary makes them fewer. */
const rowBytes = 64;
const frameBytes = 8 << 10;

/** About what the file takes: a buffer that grows is copied each time. */
function sizeOf(rows: readonly SinkRow<LakeRow>[]): number {
  let bytes = frameBytes;
  for (const { row } of rows) bytes += rowBytes + 2 * row.names.key.length + (row.value?.length ?? 0) + (row.headers.ingest?.length ?? 0);
  return bytes;
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
  readonly headers: LakeHeaders;
}

/** Of files of every version. @throws {OBJECT_STORE_FAILED} when the bytes are no file of the lake: it was changed from outside. */
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
  const place = { tenantId, sessionId, partition, offset, timestampMs: timestamp.getTime() };
  return { ...place, key: Buffer.from(key), value: bytesOf(value), headers: headersOf(row) };
}

function headersOf({
  ingest,
  trace_parent: traceParent = null,
  other_headers: otherCount = 0,
}: Readonly<Record<string, unknown>>): LakeHeaders {
  if ((traceParent !== null && typeof traceParent !== 'string') || typeof otherCount !== 'number') throw foreign();
  return { ingest: bytesOf(ingest), traceParent, otherCount };
}

function bytesOf(value: unknown): Buffer | null {
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
