import type { CqlRow, CqlSession } from './cql-session.ts';
import { forgottenEdition } from './scylla-options.ts';
import type { StandingRow, StandingSession } from './standing-session.ts';
import { kinds, parseRevision, reads, type SessionAddress } from './statements.ts';

/**
 * What stands of the sessions that the writer touched lately, so that most batches need no read. It may be older than the truth when another process writes too: that
 * one has read the same records, and the stamps decide (stamps.ts). Bounded by rows; the session that was not touched for the longest time goes first.
 */
export class StandingSessions {
  readonly #session: CqlSession;
  readonly #maxRowCount: number;
  readonly #known = new Map<string, Known>();
  #rowCount = 0;

  constructor(session: CqlSession, maxRowCount: number) {
    this.#session = session;
    this.#maxRowCount = maxRowCount;
  }

  known(at: SessionAddress): StandingSession | undefined {
    return this.#known.get(keyOf(at))?.standing;
  }

  /** From the servers, and does not remember it. */
  async read({ tenantId, sessionId, edition }: SessionAddress): Promise<StandingSession> {
    const rows = await this.#session.select(reads.standing, [tenantId, sessionId, forgottenEdition, edition]);
    const steps = new Map<string, StandingRow>();
    const only = new Map<number, StandingRow>();
    let openedAtMs: number | undefined;
    for (const row of rows) {
      if (row['edition'] === forgottenEdition) return forgottenSession;
      const kind = Number(row['kind']);
      if (kind === kinds.step) steps.set(String(row['row_id']), standingRow(row));
      else if (kind !== kinds.position) only.set(kind, standingRow(row));
      if (kind === kinds.session) openedAtMs = Number(row['opened_at']);
    }
    return { isForgotten: false, openedAtMs, session: only.get(kinds.session), guide: only.get(kinds.guide), steps };
  }

  /** Call it when the rows stand. */
  set(at: SessionAddress, standing: StandingSession): void {
    this.drop(at);
    const rowCount = standing.steps.size + 2;
    this.#known.set(keyOf(at), { standing, rowCount });
    this.#rowCount += rowCount;
    for (const [key, oldest] of this.#known) {
      if (this.#rowCount <= this.#maxRowCount) return;
      this.#known.delete(key);
      this.#rowCount -= oldest.rowCount;
    }
  }

  /** Call it when a write may or may not have reached the servers. */
  drop(at: SessionAddress): void {
    const known = this.#known.get(keyOf(at));
    if (known !== undefined && this.#known.delete(keyOf(at))) this.#rowCount -= known.rowCount;
  }
}

/** `rowCount` as it was when it was added: steps are added in place. */
interface Known {
  readonly standing: StandingSession;
  readonly rowCount: number;
}

export const forgottenSession: StandingSession = {
  isForgotten: true,
  openedAtMs: undefined,
  session: undefined,
  guide: undefined,
  steps: new Map(),
};

function standingRow(row: CqlRow): StandingRow {
  const stamp = row['stamp'];
  return { revision: parseRevision(row['revision']), stamp: typeof stamp === 'bigint' ? stamp : 0n };
}

function keyOf({ tenantId, sessionId }: SessionAddress): string {
  return `${tenantId}\0${sessionId}`;
}
