import type { Revision } from '../../schemas/types/guide.ts';
import type { CqlValue, Statement } from './cql-session.ts';
import { forgottenEdition } from './scylla-options.ts';
import { constantStamp, forgottenStamp, markStamp } from './stamps.ts';

/** Kinds of `session_rows`, see schema/versions.ts. */
export const kinds = { session: 1, position: 2, step: 3, guide: 4 } as const;
export type Kind = (typeof kinds)[keyof typeof kinds];
/** Id of a row of which there is one a session. */
export const onlyRow = '-';

export type ListTable = 'session_list' | 'guide_list';

export interface SessionAddress {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly edition: string;
}

/** What a write of the sink carries beside its row. */
export interface WriteMark {
  readonly stamp: bigint;
  readonly ttlSeconds: number;
}

export function putSession(
  at: SessionAddress,
  row: { readonly revision: Revision; readonly openedAtMs: number; readonly body: Buffer },
  mark: WriteMark,
): Statement {
  const query = `INSERT INTO session_rows (tenant_id, session_id, edition, kind, row_id, revision, opened_at, body) VALUES (?, ?, ?, ${kinds.session}, '${onlyRow}', ?, ?, ?) USING TIMESTAMP ? AND TTL ?`;
  const opened = BigInt(boundedMs(row.openedAtMs));
  return { query, params: [...address(at), revisionText(row.revision), opened, row.body, mark.stamp, mark.ttlSeconds] };
}

/** A step or a guide. */
export function putRow(
  at: SessionAddress,
  row: { readonly kind: Kind; readonly rowId: string; readonly revision: Revision; readonly body: Buffer },
  mark: WriteMark,
): Statement {
  const query =
    'INSERT INTO session_rows (tenant_id, session_id, edition, kind, row_id, revision, body) VALUES (?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ? AND TTL ?';
  return { query, params: [...address(at), row.kind, row.rowId, revisionText(row.revision), row.body, mark.stamp, mark.ttlSeconds] };
}

/** The position that the session's rows stand for. */
export function putSessionPosition(at: SessionAddress, epoch: number, nextOffset: bigint, mark: WriteMark): Statement {
  const query = `INSERT INTO session_rows (tenant_id, session_id, edition, kind, row_id, epoch, next_offset) VALUES (?, ?, ?, ${kinds.position}, '${onlyRow}', ?, ?) USING TIMESTAMP ? AND TTL ?`;
  return { query, params: [...address(at), epoch, nextOffset, mark.stamp, mark.ttlSeconds] };
}

export function putListed(
  table: ListTable,
  at: SessionAddress,
  row: { readonly openedAtMs: number; readonly body: Buffer },
  mark: WriteMark,
): Statement {
  const query = `INSERT INTO ${table} (tenant_id, edition, month, newest_first, session_id, body) VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ? AND TTL ?`;
  return { query, params: [...listPlace(at, row.openedAtMs), row.body, mark.stamp, mark.ttlSeconds] };
}

export function deleteListed(table: ListTable, at: SessionAddress, openedAtMs: number, stamp: bigint): Statement {
  const query = `DELETE FROM ${table} USING TIMESTAMP ? WHERE tenant_id = ? AND edition = ? AND month = ? AND newest_first = ? AND session_id = ?`;
  return { query, params: [stamp, ...listPlace(at, openedAtMs)] };
}

export function putMonth(tenantId: string, edition: string, month: number): Statement {
  const query = 'INSERT INTO list_months (tenant_id, edition, month) VALUES (?, ?, ?) USING TIMESTAMP ?';
  return { query, params: [tenantId, edition, month, constantStamp] };
}

export function putPosition(
  edition: string,
  position: { readonly epoch: number; readonly topic: string; readonly partition: number; readonly nextOffset: bigint },
  stamp: bigint,
): Statement {
  const query = 'INSERT INTO positions (edition, epoch, topic, partition_number, next_offset) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?';
  const { epoch, topic, partition, nextOffset } = position;
  return { query, params: [edition, epoch, topic, partition, nextOffset, stamp] };
}

/** Takes all editions of a session away and marks it, in one write of its partition. A mark of each kind, so that a read of some kinds finds one. */
export function forgetPartition(tenantId: string, sessionId: string): readonly Statement[] {
  const remove = 'DELETE FROM session_rows USING TIMESTAMP ? WHERE tenant_id = ? AND session_id = ?';
  const mark = `INSERT INTO session_rows (tenant_id, session_id, edition, kind, row_id) VALUES (?, ?, '${forgottenEdition}', ?, '${onlyRow}') USING TIMESTAMP ?`;
  return [
    { query: remove, params: [forgottenStamp, tenantId, sessionId] },
    ...Object.values(kinds).map((kind): Statement => ({ query: mark, params: [tenantId, sessionId, kind, markStamp] })),
  ];
}

const fromPartition = `FROM session_rows WHERE tenant_id = ? AND session_id = ?`;

/** Reads, each of one partition. */
export const reads = {
  /** Revisions and places, no bodies. Parameters: tenant, session, the mark's edition, edition. */
  standing: `SELECT edition, kind, row_id, revision, opened_at, WRITETIME(body) AS stamp ${fromPartition} AND edition IN (?, ?)`,
  /** … and kind. */
  row: `SELECT edition, body ${fromPartition} AND edition IN (?, ?) AND kind = ? AND row_id = '${onlyRow}'`,
  live: `SELECT edition, kind, row_id, epoch, next_offset, body ${fromPartition} AND edition IN (?, ?) AND kind IN (${kinds.session}, ${kinds.position}, ${kinds.step})`,
  everything: `SELECT edition, kind, opened_at ${fromPartition}`,
  /** For a search past the views (stored-rows.ts). */
  stored: `SELECT edition, body ${fromPartition}`,
  listPartitions: (table: ListTable): string => `SELECT DISTINCT tenant_id, edition, month FROM ${table}`,
  listPartition: (table: ListTable): string => `SELECT session_id, body FROM ${table} WHERE tenant_id = ? AND edition = ? AND month = ?`,
  positions: 'SELECT topic, partition_number, next_offset FROM positions WHERE edition = ? AND epoch = ?',
  position: 'SELECT next_offset FROM positions WHERE edition = ? AND epoch = ? AND topic = ? AND partition_number = ?',
  months: 'SELECT month FROM list_months WHERE tenant_id = ? AND edition = ? AND month <= ? LIMIT ?',
  list: (table: ListTable): string =>
    `SELECT newest_first, session_id, body FROM ${table} WHERE tenant_id = ? AND edition = ? AND month = ? AND (newest_first, session_id) > (?, ?) LIMIT ?`,
} as const;

export function revisionText({ ordinal, timer, final, ahead }: Revision): string {
  return JSON.stringify([ordinal, timer, final, ahead === true]);
}

export function parseRevision(text: unknown): Revision {
  const parts: unknown = JSON.parse(String(text));
  const [ordinal, timer, final, ahead] = Array.isArray(parts) ? parts : [];
  return { ordinal: Number(ordinal), timer: Number(timer), final: final === true, ...(ahead === true && { ahead: true }) };
}

/** Latest time that a JavaScript date has (ECMA-262 §21.4.1.1). */
const lastMs = 8_640_000_000_000_000;

export function boundedMs(openedAtMs: number): number {
  return Math.min(Math.max(Math.floor(openedAtMs) || 0, 0), lastMs);
}

/** Months since the year 0, UTC. */
export function monthOf(openedAtMs: number): number {
  const date = new Date(boundedMs(openedAtMs));
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** First millisecond after the month. */
export function monthEndMs(month: number): number {
  return Date.UTC(Math.floor((month + 1) / 12), (month + 1) % 12, 1);
}

export function newestFirst(openedAtMs: number): bigint {
  return BigInt(Number.MAX_SAFE_INTEGER - boundedMs(openedAtMs));
}

export function openedAtOf(newestFirstValue: bigint): number {
  return Number.MAX_SAFE_INTEGER - Number(newestFirstValue);
}

function address({ tenantId, sessionId, edition }: SessionAddress): readonly CqlValue[] {
  return [tenantId, sessionId, edition];
}

function listPlace({ tenantId, sessionId, edition }: SessionAddress, openedAtMs: number): readonly CqlValue[] {
  return [tenantId, edition, monthOf(openedAtMs), newestFirst(openedAtMs), sessionId];
}
