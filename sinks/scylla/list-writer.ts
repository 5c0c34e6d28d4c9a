import type { Guide } from '../../schemas/types/guide.ts';
import { summarise } from '../views/guide-summary.ts';
import { allEnded } from './all-ended.ts';
import { boundedWrites } from './bounded-writes.ts';
import type { CqlSession, Statement } from './cql-session.ts';
import { forgottenEdition } from './scylla-options.ts';
import { listedPlace, rowPlace, type SealedBodies } from './sealed-bodies.ts';
import type { PlannedSession } from './standing-session.ts';
import * as cql from './statements.ts';
import type { ListTable, SessionAddress } from './statements.ts';

export interface ListWriterParts {
  readonly session: CqlSession;
  readonly bodies: SealedBodies;
  readonly ttlSecondsOf: (tenantId: string) => number;
}

interface ListedBody {
  readonly table: ListTable;
  readonly body: Buffer;
  readonly stamp: bigint;
}

/** What a batch writes into the lists. */
interface ListWrites {
  /** By partition: table, tenant and month. */
  readonly statements: Map<string, Statement[]>;
  /** Where rows are put. */
  readonly months: Map<string, Statement>;
}

/** Months of tenants that are known to be in `list_months`. */
const rememberedMonthCount = 10_000;

/** Puts the sessions of a batch into the lists of their tenants. What goes to one partition goes together: the servers make one write of it. */
export class ListWriter {
  readonly #parts: ListWriterParts;
  readonly #knownMonths = new Set<string>();

  constructor(parts: ListWriterParts) {
    this.#parts = parts;
  }

  async write(sessions: readonly PlannedSession[]): Promise<void> {
    const writes: ListWrites = { statements: new Map(), months: new Map() };
    for (const planned of sessions) {
      const { session } = planned.change;
      if (session !== undefined && planned.body !== undefined) {
        this.#list(writes, planned, { table: 'session_list', body: planned.body, stamp: session.stamp });
      }
    }
    await allEnded(sessions.filter(({ change }) => change.guideListStamp !== undefined).map((planned) => this.#listGuide(writes, planned)));
    // A month stands before its first row, or a page would not look there.
    await allEnded([...writes.months].map(([id, month]) => this.#writeMonth(id, month)));
    const together = [...writes.statements.values()].flatMap(boundedWrites);
    await allEnded(together.map((statements) => this.#parts.session.writeTogether(statements)));
  }

  async #listGuide(writes: ListWrites, planned: PlannedSession): Promise<void> {
    const { openedAtMs, guideListStamp, guide } = planned.change;
    if (openedAtMs === undefined || guideListStamp === undefined) return;
    const row = guide?.row ?? (await this.#readGuide(planned.at));
    const body = row && this.#parts.bodies.seal(listedPlace('guide_list', planned.at), summarise(row, openedAtMs));
    if (body !== undefined) this.#list(writes, planned, { table: 'guide_list', body, stamp: guideListStamp });
  }

  /** Puts a row into a list, and takes it from where the list had it. */
  #list(writes: ListWrites, { at, change }: PlannedSession, { table, body, stamp }: ListedBody): void {
    const { openedAtMs = 0, leftAtMs } = change;
    for (const left of leftAtMs) statementsOf(writes, table, at, left).push(cql.deleteListed(table, at, left, stamp));
    const mark = { stamp, ttlSeconds: this.#parts.ttlSecondsOf(at.tenantId) };
    statementsOf(writes, table, at, openedAtMs).push(cql.putListed(table, at, { openedAtMs, body }, mark));
    const month = cql.monthOf(openedAtMs);
    const id = `${at.tenantId}\0${month}`;
    if (!this.#knownMonths.has(id)) writes.months.set(id, cql.putMonth(at.tenantId, at.edition, month));
  }

  async #writeMonth(id: string, statement: Statement): Promise<void> {
    await this.#parts.session.write(statement);
    if (this.#knownMonths.size >= rememberedMonthCount) this.#knownMonths.clear();
    this.#knownMonths.add(id);
  }

  async #readGuide(at: SessionAddress): Promise<Guide | undefined> {
    const params = [at.tenantId, at.sessionId, forgottenEdition, at.edition, cql.kinds.guide];
    const row = (await this.#parts.session.select(cql.reads.row, params)).find(({ edition }) => edition === at.edition);
    return this.#parts.bodies.open<Guide>(rowPlace(at, cql.kinds.guide), row?.['body']);
  }
}

function statementsOf({ statements }: ListWrites, table: ListTable, { tenantId }: SessionAddress, openedAtMs: number): Statement[] {
  const partition = `${table}\0${tenantId}\0${cql.monthOf(openedAtMs)}`;
  const known = statements.get(partition);
  if (known !== undefined) return known;
  const added: Statement[] = [];
  statements.set(partition, added);
  return added;
}
