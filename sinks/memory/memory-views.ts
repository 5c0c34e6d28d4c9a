import type { Guide, SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import type { TopicPartition, TopicPartitionOffset } from '../../topology/log/log.ts';
import type { GuideSummary, LiveSnapshot, Page, PageRequest, ViewBatch, ViewReader, ViewWriter } from '../ports/views.ts';
import { summarise } from '../views/guide-summary.ts';
import { newest } from '../../schemas/revision.ts';
import { titleQuery } from '../views/title-query.ts';

interface SessionTables {
  session?: SessionUpsert;
  guide?: Guide;
  steps: Map<string, StepUpsert>;
}

/** Views that end with the process, for tests; the obvious implementation that the contract suite compares the others with. */
export class MemoryViews implements ViewWriter, ViewReader {
  readonly #tenants = new Map<string, Map<string, SessionTables | 'gone'>>();
  readonly #positions = new Map<string, TopicPartitionOffset>();
  readonly #livePartitionOf: (tenantId: string, sessionId: string) => TopicPartition;

  constructor(livePartitionOf: (tenantId: string, sessionId: string) => TopicPartition) {
    this.#livePartitionOf = livePartitionOf;
  }

  async apply(batch: ViewBatch): Promise<void> {
    for (const row of batch.sessions) this.#change(row, (tables) => (tables.session = newest(tables.session, row)));
    for (const row of batch.guides) this.#change(row, (tables) => (tables.guide = newest(tables.guide, row)));
    for (const row of batch.steps) this.#change(row, ({ steps }) => steps.set(row.stepId, newest(steps.get(row.stepId), row)));
    for (const position of batch.positions) this.#positions.set(`${position.topic}\0${position.partition}`, position);
  }

  async positions(): Promise<readonly TopicPartitionOffset[]> {
    return [...this.#positions.values()];
  }

  async forget(tenantId: string, sessionId: string): Promise<number> {
    const standing = this.#tables(tenantId, sessionId);
    this.#tenant(tenantId).set(sessionId, 'gone');
    if (standing === undefined || standing === 'gone') return 0;
    return standing.steps.size + (standing.session === undefined ? 0 : 1) + (standing.guide === undefined ? 0 : 1);
  }

  async close(): Promise<void> {}

  async session(tenantId: string, sessionId: string): Promise<SessionUpsert | 'gone' | undefined> {
    const tables = this.#tables(tenantId, sessionId);
    return tables === 'gone' ? tables : tables?.session;
  }

  async guide(tenantId: string, sessionId: string): Promise<Guide | 'gone' | undefined> {
    const tables = this.#tables(tenantId, sessionId);
    return tables === 'gone' ? tables : tables?.guide;
  }

  async liveSteps(tenantId: string, sessionId: string): Promise<LiveSnapshot | 'gone' | undefined> {
    const tables = this.#tables(tenantId, sessionId);
    if (tables === 'gone' || tables?.session === undefined) return tables === 'gone' ? tables : undefined;
    const partition = this.#livePartitionOf(tenantId, sessionId);
    const position = this.#positions.get(`${partition.topic}\0${partition.partition}`) ?? { ...partition, nextOffset: 0n };
    const steps = [...tables.steps.values()].filter((step) => step.state !== 'removed').sort((a, b) => a.order - b.order);
    return { session: tables.session, steps, position };
  }

  async listSessions(tenantId: string, page: PageRequest): Promise<Page<SessionUpsert>> {
    const rows = this.#all(tenantId).flatMap(({ session }) => session ?? []);
    return paged(rows, page);
  }

  async listGuides(tenantId: string, page: PageRequest): Promise<Page<GuideSummary>> {
    const rows = this.#all(tenantId).flatMap(({ guide, session }) =>
      guide === undefined ? [] : summarise(guide, session?.openedAtMs ?? 0),
    );
    return paged(rows, page);
  }

  #all(tenantId: string): readonly SessionTables[] {
    return [...this.#tenant(tenantId).values()].flatMap((tables) => (tables === 'gone' ? [] : tables));
  }

  #change(row: { readonly tenantId: string; readonly sessionId: string }, change: (tables: SessionTables) => void): void {
    const tables = this.#tables(row.tenantId, row.sessionId) ?? { steps: new Map<string, StepUpsert>() };
    if (tables === 'gone') return;
    change(tables);
    this.#tenant(row.tenantId).set(row.sessionId, tables);
  }

  #tables(tenantId: string, sessionId: string): SessionTables | 'gone' | undefined {
    return this.#tenant(tenantId).get(sessionId);
  }

  #tenant(tenantId: string): Map<string, SessionTables | 'gone'> {
    const found = this.#tenants.get(tenantId) ?? new Map<string, SessionTables | 'gone'>();
    this.#tenants.set(tenantId, found);
    return found;
  }
}

interface Listed {
  readonly sessionId: string;
  readonly title: string;
  readonly openedAtMs: number;
}

function paged<Row extends Listed>(all: readonly Row[], page: PageRequest): Page<Row> {
  const matches = titleQuery(page.query);
  const after = page.cursor === undefined ? undefined : Buffer.from(page.cursor, 'base64url').toString();
  const sorted = all.filter((row) => matches(row.title)).sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  const rest = sorted.filter((row) => after === undefined || rank(row) > after);
  const rows = rest.slice(0, page.limitCount);
  const last = rows[rows.length - 1];
  return rest.length > rows.length && last !== undefined ? { rows, cursor: Buffer.from(rank(last)).toString('base64url') } : { rows };
}

function rank({ openedAtMs, sessionId }: Listed): string {
  return `${String(Number.MAX_SAFE_INTEGER - openedAtMs).padStart(16, '0')} ${sessionId}`;
}
