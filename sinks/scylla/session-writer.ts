import type { Guide, StepUpsert } from '../../schemas/types/guide.ts';
import { summarise } from '../views/guide-summary.ts';
import type { SessionRows } from '../views/session-rows.ts';
import type { CqlSession, Statement } from './cql-session.ts';
import { forgottenEdition } from './scylla-options.ts';
import type { SealedBodies } from './sealed-bodies.ts';
import { forgottenStamp, stampOf } from './stamps.ts';
import { planChange, settled, type BatchStamps, type SessionChange } from './standing-session.ts';
import { forgottenSession, type StandingSessions } from './standing-sessions.ts';
import * as cql from './statements.ts';
import type { ListTable, SessionAddress } from './statements.ts';

export interface SessionWriterParts {
  readonly session: CqlSession;
  readonly standing: StandingSessions;
  readonly bodies: SealedBodies;
  readonly edition: string;
  readonly ttlSecondsOf: (tenantId: string) => number;
}

/** Bodies of one write of a partition together; a larger body goes alone. */
const maxWriteBytes = 512 << 10;
const maxWriteStatements = 100;
/** Months of tenants that are known to be in `list_months`. */
const rememberedMonthCount = 10_000;

/**
 * Writes the rows of one session. The order is: lists, then the session's partition, where what stands is read from. A crash in between is done again, because
 * the partition does not know yet; the other way round the lists would never hear of it.
 */
export class SessionWriter {
  readonly #parts: SessionWriterParts;
  readonly #months = new Set<string>();

  constructor(parts: SessionWriterParts) {
    this.#parts = parts;
  }

  /** Brings one session to the newest of what stands and `next`. `nextOffset`: the position after the batch in the partition of its steps. */
  async write(next: SessionRows, stamps: BatchStamps, nextOffset: bigint | undefined): Promise<void> {
    const { standing, edition } = this.#parts;
    const at = { tenantId: next.tenantId, sessionId: next.sessionId, edition };
    const stands = await standing.get(at);
    if (stands.isForgotten) return standing.set(at, stands);
    const change = planChange(stands, next, stamps);
    if (change === undefined) return standing.set(at, stands);
    try {
      // Sealed once: the list holds a copy.
      const body = change.session && this.#parts.bodies.seal(rowPlace(at, cql.kinds.session), change.session.row);
      const position = nextOffset === undefined ? undefined : { epoch: stamps.epoch, nextOffset };
      await this.#writeLists(at, change, body);
      await this.#writePartition(at, this.#rowStatements(at, change, body), position);
      standing.set(at, settled(stands, change));
    } catch (error) {
      standing.drop(at);
      throw error;
    }
  }

  /** Answers how many rows went, in all editions. By address alone: the key of the session is destroyed before. */
  async forget(tenantId: string, sessionId: string): Promise<number> {
    const { session, standing, edition } = this.#parts;
    const rows = await session.select(cql.reads.everything, [tenantId, sessionId]);
    const live = rows.filter((row) => row['edition'] !== forgottenEdition);
    const removals = live.flatMap((row) => {
      const at = { tenantId, sessionId, edition: String(row['edition']) };
      const opened = row['opened_at'];
      return typeof opened === 'bigint' ? listTables.map((table) => cql.deleteListed(table, at, Number(opened), forgottenStamp)) : [];
    });
    await Promise.all(removals.map((statement) => session.write(statement)));
    await session.writeTogether(cql.forgetPartition(tenantId, sessionId));
    standing.set({ tenantId, sessionId, edition }, forgottenSession);
    return live.filter((row) => Number(row['kind']) !== cql.kinds.position).length;
  }

  async #writeLists(at: SessionAddress, change: SessionChange, sessionBody: Buffer | undefined): Promise<void> {
    const { openedAtMs } = change;
    if (openedAtMs === undefined) return;
    const puts: Statement[] = [];
    const { session, guideListStamp } = change;
    if (session !== undefined && sessionBody !== undefined) {
      puts.push(...this.#listed('session_list', at, change, { body: sessionBody, stamp: session.stamp }));
    }
    const guide = guideListStamp === undefined ? undefined : (change.guide?.row ?? (await this.#readGuide(at)));
    if (guide !== undefined && guideListStamp !== undefined) {
      const body = this.#parts.bodies.seal(listedPlace('guide_list', at), summarise(guide, openedAtMs));
      if (body !== undefined) puts.push(...this.#listed('guide_list', at, change, { body, stamp: guideListStamp }));
    }
    if (puts.length === 0) return;
    // A month stands before its first row, or a page would not look there.
    await this.#writeMonth(at, openedAtMs);
    await Promise.all(puts.map((statement) => this.#parts.session.write(statement)));
  }

  /** Puts a row into a list, and takes it from where the list had it. */
  #listed(
    table: ListTable,
    at: SessionAddress,
    change: SessionChange,
    { body, stamp }: { readonly body: Buffer; readonly stamp: bigint },
  ): readonly Statement[] {
    const { openedAtMs = 0 } = change;
    const removals = change.leftAtMs.map((leftAtMs) => cql.deleteListed(table, at, leftAtMs, stamp));
    return [...removals, cql.putListed(table, at, { openedAtMs, body }, this.#mark(at, stamp))];
  }

  async #writeMonth({ tenantId, edition }: SessionAddress, openedAtMs: number): Promise<void> {
    const month = cql.monthOf(openedAtMs);
    const id = `${tenantId}\0${month}`;
    if (this.#months.has(id)) return;
    await this.#parts.session.write(cql.putMonth(tenantId, edition, month));
    if (this.#months.size >= rememberedMonthCount) this.#months.clear();
    this.#months.add(id);
  }

  async #readGuide(at: SessionAddress): Promise<Guide | undefined> {
    const params = [at.tenantId, at.sessionId, forgottenEdition, at.edition, cql.kinds.guide];
    const row = (await this.#parts.session.select(cql.reads.row, params)).find(({ edition }) => edition === at.edition);
    return this.#parts.bodies.open<Guide>(rowPlace(at, cql.kinds.guide), row?.['body']);
  }

  async #writePartition(
    at: SessionAddress,
    statements: Statement[],
    position: { readonly epoch: number; readonly nextOffset: bigint } | undefined,
  ): Promise<void> {
    if (position !== undefined && statements.length > 0) {
      // Last: rows may be ahead of the position, never behind it (V4).
      const mark = this.#mark(at, stampOf(position.epoch, position.nextOffset));
      statements.push(cql.putSessionPosition(at, position.epoch, position.nextOffset, mark));
    }
    for (const part of partsOf(statements)) await this.#parts.session.writeTogether(part);
  }

  #rowStatements(at: SessionAddress, { session, guide, steps }: SessionChange, sessionBody: Buffer | undefined): Statement[] {
    const { bodies } = this.#parts;
    const statements: Statement[] = [];
    const add = (kind: cql.Kind, rowId: string, { row, stamp }: { readonly row: StepUpsert | Guide; readonly stamp: bigint }): void => {
      const body = bodies.seal(rowPlace(at, kind, rowId), row);
      if (body !== undefined) statements.push(cql.putRow(at, { kind, rowId, revision: row.revision, body }, this.#mark(at, stamp)));
    };
    if (session !== undefined && sessionBody !== undefined) {
      const { revision, openedAtMs } = session.row;
      statements.push(cql.putSession(at, { revision, openedAtMs, body: sessionBody }, this.#mark(at, session.stamp)));
    }
    for (const step of steps) add(cql.kinds.step, step.row.stepId, step);
    if (guide !== undefined) add(cql.kinds.guide, cql.onlyRow, guide);
    return statements;
  }

  #mark({ tenantId }: SessionAddress, stamp: bigint): cql.WriteMark {
    return { stamp, ttlSeconds: this.#parts.ttlSecondsOf(tenantId) };
  }
}

const listTables: readonly ListTable[] = ['session_list', 'guide_list'];

export function rowPlace({ tenantId, sessionId, edition }: SessionAddress, kind: cql.Kind, rowId: string = cql.onlyRow) {
  return { tenantId, sessionId, row: ['session_rows', edition, String(kind), rowId] };
}

/** A session's row in the list is the same bytes as its own. */
export function listedPlace(table: ListTable, at: SessionAddress) {
  if (table === 'session_list') return rowPlace(at, cql.kinds.session);
  return { tenantId: at.tenantId, sessionId: at.sessionId, row: [table, at.edition] };
}

/** The statements in order, in writes of bounded size. */
function partsOf(statements: readonly Statement[]): readonly Statement[][] {
  const parts: Statement[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const statement of statements) {
    const size = statement.params.reduce<number>((sum, value) => sum + (Buffer.isBuffer(value) ? value.length : 0), 0);
    const last = parts.at(-1);
    if (last === undefined || bytes + size > maxWriteBytes || last.length >= maxWriteStatements) {
      parts.push([statement]);
      bytes = size;
    } else {
      last.push(statement);
      bytes += size;
    }
  }
  return parts;
}
