import { StepwrightError } from '../../../topology/base/errors.ts';
import type { TopicPartition } from '../../../topology/log/log.ts';

/**
 * Row keys; each read is one prefix scan. Texts end in a zero byte, so one tenant's prefix is never the beginning of another's.
 * Values of S, T, G, s and g are sealed under the session's key (sealed-rows.ts): RocksDB keeps the bytes of a deleted row until it happens to compact.
 * Format versions, oldest first: 1 – values as JSON; 2 – sealed.
 *   M                                             {formatVersion}
 *   F tenant session                              forgotten
 *   O tenant session                              openedAtMs: where the session stands in the lists
 *   S tenant session                              SessionUpsert
 *   T tenant session step                         StepUpsert, removed ones too
 *   G tenant session                              Guide
 *   s tenant newest-first(openedAtMs) session     SessionUpsert, again
 *   g tenant newest-first(openedAtMs) session     GuideSummary
 *   P topic partition                             next offset
 */
export const formatVersion = 2;
export const formatKey = Buffer.from('M');
export const positionPrefix = Buffer.from('P');

export const forgottenKey = (tenantId: string, sessionId: string): Buffer => key('F', tenantId, sessionId);
export const openedKey = (tenantId: string, sessionId: string): Buffer => key('O', tenantId, sessionId);
export const sessionKey = (tenantId: string, sessionId: string): Buffer => key('S', tenantId, sessionId);
export const stepsPrefix = (tenantId: string, sessionId: string): Buffer => key('T', tenantId, sessionId);
export const stepKey = (tenantId: string, sessionId: string, stepId: string): Buffer => key('T', tenantId, sessionId, stepId);
export const guideKey = (tenantId: string, sessionId: string): Buffer => key('G', tenantId, sessionId);
export const sessionListPrefix = (tenantId: string): Buffer => key('s', tenantId);
export const guideListPrefix = (tenantId: string): Buffer => key('g', tenantId);

/** `tenantId/sessionId` of a row that belongs to a session and has a value to seal. */
export function scopeOfRow(rowKey: Buffer): string | undefined {
  const kind = String.fromCharCode(rowKey[0] ?? 0);
  if (!sealedKinds.has(kind)) return undefined;
  const tenantEnd = rowKey.indexOf(0, 1);
  const sessionAt = tenantEnd + 1 + (listKinds.has(kind) ? orderBytes : 0);
  const sessionEnd = rowKey.indexOf(0, sessionAt);
  return `${rowKey.toString('utf8', 1, tenantEnd)}/${rowKey.toString('utf8', sessionAt, sessionEnd)}`;
}

const listKinds: ReadonlySet<string> = new Set(['s', 'g']);
const sealedKinds: ReadonlySet<string> = new Set(['S', 'T', 'G', 's', 'g']);
const orderBytes = 8;

/** A row of a newest-first list. */
export function listKey(prefix: Buffer, openedAtMs: number, sessionId: string): Buffer {
  const newestFirst = Buffer.alloc(orderBytes);
  const bounded = Math.min(Math.max(Math.floor(openedAtMs) || 0, 0), Number.MAX_SAFE_INTEGER);
  newestFirst.writeBigUInt64BE(BigInt(Number.MAX_SAFE_INTEGER - bounded));
  return Buffer.concat([prefix, newestFirst, terminated(sessionId)]);
}

export function positionKey({ topic, partition }: TopicPartition): Buffer {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(partition);
  return Buffer.concat([positionPrefix, terminated(topic), number]);
}

export function decodePositionKey(bytes: Buffer): TopicPartition {
  return { topic: bytes.subarray(positionPrefix.length, -5).toString(), partition: bytes.readUInt32BE(bytes.length - 4) };
}

function key(kind: string, ...texts: readonly string[]): Buffer {
  return Buffer.concat([Buffer.from(kind), ...texts.map(terminated)]);
}

function terminated(text: string): Buffer {
  if (text.includes('\0')) {
    throw new StepwrightError('VIEW_FAILED', 'An id has a zero byte: it cannot be stored.', { disposition: 'dead-letter' });
  }
  return Buffer.from(`${text}\0`);
}
