import { createHash } from 'node:crypto';
import type { SourceRange } from '../runner/sink-target.ts';

/** Below it lie the files of `capture.events`; ClickHouse, Spark and DuckDB take `name=value` folders for columns. */
export const lakePrefix = 'lake/events/';

const plainByte = /[a-z0-9_-]/;
const longestName = 100;
const lastDayMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
/** Of the largest int64, so that names sort as offsets do. */
const offsetDigits = 19;

/** A time that a day can be told of: what a writer left out (-1) or made up lies on the first or last day. */
export function lakeTimeMs(timestampMs: number): number {
  return Math.min(Math.max(timestampMs, 0), lastDayMs);
}

/** `2026-11-22`, of UTC. */
export function lakeDay(timestampMs: number): string {
  return new Date(lakeTimeMs(timestampMs)).toISOString().slice(0, 10);
}

/**
 * The folder of a tenant. Any name has one of its own, on file systems without case too: bytes other than `a-z 0-9 _ -` are written `.xx`, and a name that
 * becomes too long is cut and told apart by a digest. The exact name is the column `tenant_id`.
 */
export function tenantFolder(tenantId: string): string {
  const escaped = Array.from(Buffer.from(tenantId), escapeByte).join('');
  if (escaped.length <= longestName) return `tenant=${escaped}`;
  const digest = createHash('sha256').update(tenantId).digest('hex').slice(0, 24);
  return `tenant=${escaped.slice(0, longestName - 2 - digest.length)}..${digest}`;
}

/** Everything of a tenant lies below it. */
export function tenantPrefix(tenantId: string): string {
  return `${lakePrefix}${tenantFolder(tenantId)}/`;
}

export interface LakeFileName {
  readonly tenantId: string;
  readonly day: string;
  readonly range: SourceRange;
  /** Of the topic: offsets of one that was made anew mean other records. */
  readonly topicId: string;
}

/** Derived from the source alone, so whoever writes these records writes this object. */
export function lakeKey({ tenantId, day, range, topicId }: LakeFileName): string {
  const { topic, partition, fromOffset, nextOffset } = range;
  const generation = createHash('sha256').update(topicId).digest('hex').slice(0, 8);
  const name = [topic, generation, partition, padded(fromOffset), padded(nextOffset)].join('-');
  return `${tenantPrefix(tenantId)}day=${day}/${name}.parquet`;
}

function escapeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return plainByte.test(character) ? character : `.${byte.toString(16).padStart(2, '0')}`;
}

function padded(offset: bigint): string {
  return offset.toString().padStart(offsetDigits, '0');
}
