import { createHash } from 'node:crypto';
import type { SourceRange } from '../runner/sink-target.ts';

/** Below it lie the files of `capture.events`; ClickHouse, Spark and DuckDB take `name=value` folders for columns. */
export const lakePrefix = 'lake/events/';

const plainByte = /[a-z0-9_-]/;
const longestName = 100;
const dayMs = 86_400_000;
const lastDayMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
/** Of the largest int64, so that names sort as offsets do. */
const offsetDigits = 19;

/** A time that a day can be told of: what a writer left out (-1) or made up lies on the first or last day. */
export function lakeTimeMs(timestampMs: number): number {
  return Math.min(Math.max(timestampMs, 0), lastDayMs);
}

/** Days since 1970, of UTC. */
export function dayNumber(timestampMs: number): number {
  return Math.floor(lakeTimeMs(timestampMs) / dayMs);
}

/** `2026-11-22` of a day's number. */
export function dayName(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}

/**
 * The folder of a tenant. Any name has one of its own, on file systems without case too: bytes other than `a-z 0-9 _ -` are written `.xx`, and a name that
 * becomes too long is cut and told apart by a digest. The exact name is the column `tenant_id`.
 */
export function tenantFolder(tenantId: string): string {
  const escaped = Array.from(Buffer.from(tenantId), escapeByte).join('');
  if (escaped.length <= longestName) return `tenant=${escaped}`;
  const digest = digestOf(tenantId).slice(0, 24);
  return `tenant=${escaped.slice(0, longestName - 2 - digest.length)}..${digest}`;
}

/** Everything of a tenant lies below it. */
export function tenantPrefix(tenantId: string): string {
  return `${lakePrefix}${tenantFolder(tenantId)}/`;
}

export interface LakeFileName {
  readonly tenantId: string;
  readonly day: string;
  /** Of the batch that the file was cut from, at least one, all of one topic; in any order. */
  readonly ranges: readonly SourceRange[];
  /** 0 for the first of the files that a tenant has of a batch and day. */
  readonly part: number;
  /** Of the topic: offsets of one that was made anew mean other records. */
  readonly topicId: string;
}

/**
 * Derived from the source alone, so whoever writes these records writes this object. The name of a batch of one range tells it; that of several is their
 * digest, and the file itself tells them.
 */
export function lakeKey({ tenantId, day, ranges, part, topicId }: LakeFileName): string {
  const generation = digestOf(topicId).slice(0, 8);
  const name = [ranges[0]?.topic, generation, ...sourceOf(ranges), ...(part === 0 ? [] : [part])].join('-');
  return `${tenantPrefix(tenantId)}day=${day}/${name}.parquet`;
}

function sourceOf(ranges: readonly SourceRange[]): readonly (string | number)[] {
  const [first, ...others] = ranges;
  if (first !== undefined && others.length === 0) return [first.partition, padded(first.fromOffset), padded(first.nextOffset)];
  return ['batch', digestOf(rangesText(ranges)).slice(0, 32)];
}

/** `partition:from-next`, of several in the order of their partitions: equal for equal ranges. */
export function rangesText(ranges: readonly SourceRange[]): string {
  const ordered = ranges.toSorted((one, other) => one.partition - other.partition);
  return ordered.map(({ partition, fromOffset, nextOffset }) => `${partition}:${fromOffset}-${nextOffset}`).join(' ');
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function escapeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return plainByte.test(character) ? character : `.${byte.toString(16).padStart(2, '0')}`;
}

function padded(offset: bigint): string {
  return offset.toString().padStart(offsetDigits, '0');
}
