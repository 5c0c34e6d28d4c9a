import type { Guide, StepUpsert } from '../../schemas/types/guide.ts';
import type { BatchedSession } from '../views/session-rows.ts';
import { allEnded } from './all-ended.ts';
import { boundedWrites } from './bounded-writes.ts';
import type { CqlSession, Statement } from './cql-session.ts';
import { ListWriter } from './list-writer.ts';
import { forgottenEdition } from './scylla-options.ts';
import { rowPlace, type SealedBodies } from './sealed-bodies.ts';
import { forgottenStamp, stampOf } from './stamps.ts';
import { planChange, settled, type BatchStamps, type PlannedSession } from './standing-session.ts';
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

export interface SessionBatch {
  readonly sessions: readonly BatchedSession[];
  readonly stamps: BatchStamps;
  /** The position after the batch in the partition of the session's steps. */
  readonly nextOffsetOf: (session: SessionAddress) => bigint | undefined;
}

/**
 * Writes the sessions of a batch. The order is: lists, then each session's partition, where what stands is read from. A crash in between is done again, because
 * the partition does not know yet; the other way round the lists would never hear of it.
 */
export class SessionWriter {
  readonly #parts: SessionWriterParts;
  readonly #lists: ListWriter;

  constructor(parts: SessionWriterParts) {
    this.#parts = parts;
    this.#lists = new ListWriter(parts);
  }

  /** Brings every session to the newest of what stands and the batch. */
  async write({ sessions, stamps, nextOffsetOf }: SessionBatch): Promise<void> {
    const plans = await Promise.all(sessions.map((session) => this.#plan(session, stamps)));
    const planned = plans.filter((plan) => plan !== undefined);
    await this.#lists.write(planned);
    await allEnded(planned.map((plan) => this.#writePartition(plan, stamps.epoch, nextOffsetOf(plan.at))));
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

  /** Undefined when nothing is newer than what stands. */
  async #plan(next: BatchedSession, stamps: BatchStamps): Promise<PlannedSession | undefined> {
    const { standing, bodies, edition } = this.#parts;
    const at = { tenantId: next.tenantId, sessionId: next.sessionId, edition };
    const stands = standing.known(at) ?? (await standing.read(at));
    const change = stands.isForgotten ? undefined : planChange(stands, next, stamps);
    if (change === undefined) {
      standing.set(at, stands);
      return undefined;
    }
    return { at, stands, change, body: change.session && bodies.seal(rowPlace(at, cql.kinds.session), change.session.row) };
  }

  async #writePartition(planned: PlannedSession, epoch: number, nextOffset: bigint | undefined): Promise<void> {
    const { at, stands, change } = planned;
    const statements = this.#rowStatements(planned);
    if (nextOffset !== undefined && statements.length > 0) {
      // Last: rows may be ahead of the position, never behind it (V4).
      statements.push(cql.putSessionPosition(at, epoch, nextOffset, this.#mark(at, stampOf(epoch, nextOffset))));
    }
    try {
      for (const write of boundedWrites(statements)) await this.#parts.session.writeTogether(write);
      this.#parts.standing.set(at, settled(stands, change));
    } catch (error) {
      this.#parts.standing.drop(at);
      throw error;
    }
  }

  #rowStatements({ at, change: { session, guide, steps }, body: sessionBody }: PlannedSession): Statement[] {
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
