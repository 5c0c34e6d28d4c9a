import type { Guide, SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import type { TopicPartition, TopicPartitionOffset } from '../../topology/log/log.ts';
import type { GuideSummary, LiveSnapshot, Page, PageRequest, ViewBatch, ViewReader, ViewWriter } from '../ports/views.ts';
import { groupBySession } from '../views/session-rows.ts';
import { allEnded } from './all-ended.ts';
import { CqlSession } from './cql-session.ts';
import type { CqlRow } from './cql-session.ts';
import { ListReader } from './list-reader.ts';
import { currentEpoch } from './schema/epoch.ts';
import { ensureKeyspace } from './schema/keyspace.ts';
import { migrateViews, onceSpread } from './schema/migrate.ts';
import { checkNames, forgottenEdition } from './scylla-options.ts';
import type { ScyllaViewsOptions } from './scylla-options.ts';
import { rowPlace, sealedBodies, type SealedBodies } from './sealed-bodies.ts';
import { SessionWriter } from './session-writer.ts';
import { stampOf } from './stamps.ts';
import { StandingSessions } from './standing-sessions.ts';
import { kinds, onlyRow, putPosition, reads } from './statements.ts';

const defaultEdition = 'live';
const defaultRememberedRows = 200_000;

/**
 * Opens the views on ScyllaDB or Cassandra; tables are made or brought up to date.
 * @throws {VIEW_UNAVAILABLE} when no node answers; {VIEW_ACCESS_DENIED}; {VIEW_KEYSPACE_MISSING}; {VIEW_SCHEMA_NEWER}; {CONFIG_INVALID} when no node is in the
 * local data centre or a name is none.
 */
export async function openScyllaViews(options: ScyllaViewsOptions): Promise<ViewWriter & ViewReader> {
  checkNames(options);
  const { keyspace, clock, logger, edition = defaultEdition, topicIds = new Map<string, string>() } = options;
  await ensureKeyspace(options);
  const session = await onceSpread(clock, () => CqlSession.connect(options));
  try {
    const applied = await migrateViews({ session, keyspace, clock });
    if (applied.length > 0) logger?.info({ keyspace, versions: applied }, 'the tables of the views were brought up to date');
    return new ScyllaViews({ session, edition, epoch: await currentEpoch(session, edition, topicIds) }, options);
  } catch (error) {
    await session.close().catch(() => undefined);
    throw error;
  }
}

interface SessionPlace {
  readonly tenantId: string;
  readonly sessionId: string;
}

interface Opened {
  readonly session: CqlSession;
  readonly edition: string;
  readonly epoch: number;
}

/**
 * Owns the connections. Invariants, beside those of the embedded views (V1 to V4):
 * - V1 here: positions are written after all rows of the batch stand, so a crash repeats rows and skips none. A session's own position is one write with its rows.
 * - V2 by revision against what stands, and by stamp (stamps.ts) against another writer: the log decides, whoever writes last.
 * - V3 a mark stands for ever, above a deletion that no stamp passes.
 * Applying and forgetting run one after the other; the sessions of a batch run side by side; reads run beside them.
 */
class ScyllaViews implements ViewWriter, ViewReader {
  readonly #session: CqlSession;
  readonly #edition: string;
  readonly #epoch: number;
  readonly #bodies: SealedBodies;
  readonly #writer: SessionWriter;
  readonly #lists: ListReader;
  readonly #livePartitionOf: (tenantId: string, sessionId: string) => TopicPartition;
  #lastWrite: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor({ session, edition, epoch }: Opened, options: ScyllaViewsOptions) {
    this.#session = session;
    this.#edition = edition;
    this.#epoch = epoch;
    this.#bodies = sealedBodies(options.keyring);
    this.#livePartitionOf = options.livePartitionOf;
    const standing = new StandingSessions(session, options.rememberedRowCount ?? defaultRememberedRows);
    const shared = { session, edition, bodies: this.#bodies };
    this.#writer = new SessionWriter({ ...shared, standing, ttlSecondsOf: options.ttlSecondsOf ?? (() => 0) });
    this.#lists = new ListReader(shared);
  }

  apply(batch: ViewBatch): Promise<void> {
    return this.#alone(async () => {
      const sessions = groupBySession(batch);
      const stamps = { epoch: this.#epoch, offsets: batch.offsets };
      await this.#writer.write({ sessions, stamps, nextOffsetOf: (session) => this.#nextOffset(session, batch.positions) });
      await allEnded(batch.positions.map((position) => this.#writePosition(position)));
    });
  }

  async positions(): Promise<readonly TopicPartitionOffset[]> {
    const rows = await this.#session.select(reads.positions, [this.#edition, this.#epoch]);
    return rows.map((row) => ({
      topic: String(row['topic']),
      partition: Number(row['partition_number']),
      nextOffset: bigintOf(row['next_offset']),
    }));
  }

  forget(tenantId: string, sessionId: string): Promise<number> {
    return this.#alone(() => this.#writer.forget(tenantId, sessionId));
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#alone(() => this.#session.close()));
  }

  session(tenantId: string, sessionId: string): Promise<SessionUpsert | 'gone' | undefined> {
    return this.#row<SessionUpsert>(tenantId, sessionId, kinds.session);
  }

  guide(tenantId: string, sessionId: string): Promise<Guide | 'gone' | undefined> {
    return this.#row<Guide>(tenantId, sessionId, kinds.guide);
  }

  async liveSteps(tenantId: string, sessionId: string): Promise<LiveSnapshot | 'gone' | undefined> {
    const partition = this.#livePartitionOf(tenantId, sessionId);
    // First the position, then the rows (V4).
    const [stored] = await this.#session.select(reads.position, [this.#edition, this.#epoch, partition.topic, partition.partition]);
    const rows = await this.#session.select(reads.live, [tenantId, sessionId, forgottenEdition, this.#edition]);
    if (rows.some(isMark)) return 'gone';
    const sessionRow = rows.find((row) => Number(row['kind']) === kinds.session);
    const session = sessionRow && this.#open<SessionUpsert>({ tenantId, sessionId }, sessionRow);
    if (session === undefined) return undefined;
    const steps = rows.flatMap((row) =>
      Number(row['kind']) === kinds.step ? (this.#open<StepUpsert>({ tenantId, sessionId }, row) ?? []) : [],
    );
    const shown = steps.filter((step) => step.state !== 'removed').sort((a, b) => a.order - b.order);
    const positions = [bigintOf(stored?.['next_offset']), ...rows.map((row) => this.#positionOf(row))];
    return { session, steps: shown, position: { ...partition, nextOffset: positions.reduce((a, b) => (a > b ? a : b)) } };
  }

  listSessions(tenantId: string, page: PageRequest): Promise<Page<SessionUpsert>> {
    return this.#lists.page<SessionUpsert>('session_list', tenantId, page);
  }

  listGuides(tenantId: string, page: PageRequest): Promise<Page<GuideSummary>> {
    return this.#lists.page<GuideSummary>('guide_list', tenantId, page);
  }

  #nextOffset({ tenantId, sessionId }: SessionPlace, positions: readonly TopicPartitionOffset[]): bigint | undefined {
    const { topic, partition } = this.#livePartitionOf(tenantId, sessionId);
    return positions.find((position) => position.topic === topic && position.partition === partition)?.nextOffset;
  }

  async #writePosition({ topic, partition, nextOffset }: TopicPartitionOffset): Promise<void> {
    const row = { epoch: this.#epoch, topic, partition, nextOffset };
    await this.#session.write(putPosition(this.#edition, row, stampOf(this.#epoch, nextOffset)));
  }

  async #row<Row>(tenantId: string, sessionId: string, kind: typeof kinds.session | typeof kinds.guide): Promise<Row | 'gone' | undefined> {
    const rows = await this.#session.select(reads.row, [tenantId, sessionId, forgottenEdition, this.#edition, kind]);
    if (rows.some(isMark)) return 'gone';
    const [row] = rows;
    return row && this.#bodies.open<Row>(rowPlace({ tenantId, sessionId, edition: this.#edition }, kind), row['body']);
  }

  #open<Row>({ tenantId, sessionId }: SessionPlace, row: CqlRow): Row | undefined {
    const kind = Number(row['kind']) === kinds.step ? kinds.step : kinds.session;
    const rowId = kind === kinds.step ? String(row['row_id']) : onlyRow;
    return this.#bodies.open<Row>(rowPlace({ tenantId, sessionId, edition: this.#edition }, kind, rowId), row['body']);
  }

  /** Of another epoch it says nothing. */
  #positionOf(row: CqlRow): bigint {
    const counts = Number(row['kind']) === kinds.position && row['epoch'] === this.#epoch;
    return counts ? bigintOf(row['next_offset']) : 0n;
  }

  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#lastWrite.then(work, work);
    this.#lastWrite = result.catch(() => {});
    return result;
  }
}

function isMark(row: CqlRow): boolean {
  return row['edition'] === forgottenEdition;
}

function bigintOf(value: unknown): bigint {
  return typeof value === 'bigint' ? value : 0n;
}
