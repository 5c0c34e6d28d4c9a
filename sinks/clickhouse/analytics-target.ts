import { createHash } from 'node:crypto';
import type { Serde } from '../../schemas/serde.ts';
import type { Guide, SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import type { UsageEvent } from '../../schemas/types/usage.ts';
import type { InputRecord, TopicPartitionOffset } from '../../topology/log/log.ts';
import type { SinkBatch, SinkTarget, SourceRange } from '../runner/sink-target.ts';
import type { AnalyticsClient, AnalyticsRecord } from './analytics-client.ts';
import { guideRow, sessionRow, usageRow, wholeStepRow } from './analytics-rows.ts';
import type { AnalyticsRow } from './analytics-rows.ts';
import { migrate } from './migrations.ts';

export interface AnalyticsSerdes {
  readonly 'guide.sessions.v1': Serde<SessionUpsert>;
  readonly 'guide.steps.v1': Serde<StepUpsert>;
  readonly 'guide.finished.v1': Serde<Guide>;
  readonly 'usage.events.v1': Serde<UsageEvent>;
}

const tables = ['sessions', 'steps', 'guides', 'usage'] as const;

/**
 * Carries guides and usage into ClickHouse. Owns the rows of `stepwright.*`. Invariants:
 * - A1 a batch's source ranges are written down (`sink_progress`) before its first insert, and name its deduplication tokens; after a crash
 *   the same ranges are inserted again, so the engine drops what stood already.
 * - A2 outside the deduplication window a second insert still changes no number: rows are replaced by key and revision, reports count ids.
 * - A3 rows of a forgotten session are left out before they are inserted.
 */
export class AnalyticsTarget implements SinkTarget<AnalyticsRow> {
  readonly name = 'analytics';
  readonly topics: readonly string[];
  readonly #client: AnalyticsClient;
  readonly #serdes: AnalyticsSerdes;
  #opened: Promise<OpenState> | undefined;

  constructor(client: AnalyticsClient, serdes: AnalyticsSerdes) {
    this.#client = client;
    this.#serdes = serdes;
    this.topics = Object.keys(serdes);
  }

  decode(topic: string, { key, value, timestampMs }: InputRecord): AnalyticsRow | undefined {
    if (value === null) return undefined;
    const keyBytes = key ?? Buffer.alloc(0);
    switch (topic) {
      case 'guide.sessions.v1':
        return sessionRow(this.#serdes[topic].deserialize(value, keyBytes));
      case 'guide.steps.v1':
        return wholeStepRow(this.#serdes[topic].deserialize(value, keyBytes), timestampMs);
      case 'guide.finished.v1':
        return guideRow(this.#serdes[topic].deserialize(value, keyBytes), timestampMs);
      case 'usage.events.v1':
        return usageRow(this.#serdes[topic].deserialize(value, keyBytes));
      default:
        return undefined;
    }
  }

  /** Resolves when the engine runs and the schema is there. @throws {ANALYTICS_OFF | ANALYTICS_FAILED} */
  async ready(): Promise<void> {
    await this.#open();
  }

  async positions(): Promise<readonly TopicPartitionOffset[]> {
    return (await this.#progress()).map(({ topic, partition, nextOffset }) => ({ topic, partition, nextOffset }));
  }

  /** The newest batch: it may have been planned and not inserted. */
  async plannedRanges(): Promise<readonly SourceRange[]> {
    const ranges = await this.#progress();
    const newest = ranges.reduce((highest, { batch }) => (batch > highest ? batch : highest), 0n);
    return ranges.filter(({ batch }) => batch === newest);
  }

  async apply(batch: SinkBatch<AnalyticsRow>): Promise<void> {
    const state = await this.#open();
    const token = batchToken(batch);
    if (batch.ranges.length > 0) await this.#plan(batch.ranges, token, state);
    for (const table of tables) {
      const rows = batch.rows.filter(({ row }) => row.table === table && !state.forgotten.has(sessionOf(row)));
      if (rows.length === 0) continue;
      await this.#client.insert(
        `stepwright.${table}`,
        rows.map(({ row }) => row.record),
        `${table} ${token}`,
      );
    }
  }

  async forget(tenantId: string, sessionId: string): Promise<number> {
    const state = await this.#open();
    state.forgotten.add(`${tenantId}/${sessionId}`);
    await this.#client.insert('stepwright.forgotten', [{ tenant_id: tenantId, session_id: sessionId }], `forget ${tenantId}/${sessionId}`);
    const parameters = { tenant: tenantId, session: sessionId };
    const where = 'tenant_id = {tenant:String} AND session_id = {session:String}';
    let rowCount = 0;
    for (const table of [...tables, 'views_a_day']) {
      const [counted] = await this.#client.query(`SELECT count() AS rows FROM stepwright.${table} FINAL WHERE ${where}`, parameters);
      if (table !== 'views_a_day') rowCount += Number(counted?.['rows'] ?? 0);
      await this.#client.command(`ALTER TABLE stepwright.${table} DELETE WHERE ${where} SETTINGS mutations_sync = 1`, parameters);
    }
    return rowCount;
  }

  /** Rows of a session that a query can still find, by table; its tombstone is not one of them. */
  async leftovers(tenantId: string, sessionId: string): Promise<ReadonlyMap<string, number>> {
    await this.#open();
    const counts = new Map<string, number>();
    for (const table of [...tables, 'views_a_day']) {
      const sql = `SELECT count() AS rows FROM stepwright.${table} WHERE tenant_id = {tenant:String} AND session_id = {session:String}`;
      const [counted] = await this.#client.query(sql, { tenant: tenantId, session: sessionId });
      counts.set(table, Number(counted?.['rows'] ?? 0));
    }
    return counts;
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /** Migrates and reads the tombstones, once. A failure is tried again with the next call. */
  #open(): Promise<OpenState> {
    this.#opened ??= this.#load().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #load(): Promise<OpenState> {
    await migrate(this.#client);
    const forgotten = await this.#client.query('SELECT DISTINCT tenant_id, session_id FROM stepwright.forgotten');
    const [newest] = await this.#client.query(
      "SELECT toString(max(batch)) AS batch FROM stepwright.sink_progress WHERE sink = 'analytics'",
    );
    return {
      forgotten: new Set(forgotten.map((row) => `${String(row['tenant_id'])}/${String(row['session_id'])}`)),
      nextBatch: BigInt(String(newest?.['batch'] ?? '0')) + 1n,
    };
  }

  async #plan(ranges: readonly SourceRange[], token: string, state: OpenState): Promise<void> {
    const batch = state.nextBatch++;
    const rows = ranges.map(({ topic, partition, fromOffset, nextOffset }) => ({
      sink: this.name,
      topic,
      partition,
      from_offset: fromOffset.toString(),
      next_offset: nextOffset.toString(),
      batch: batch.toString(),
    }));
    await this.#client.insert('stepwright.sink_progress', rows, `plan ${batch} ${token}`);
  }

  async #progress(): Promise<readonly (SourceRange & { readonly batch: bigint })[]> {
    await this.#open();
    const rows = await this.#client.query(`
      SELECT topic, partition, toString(max(batch)) AS newest, toString(argMax(from_offset, batch)) AS begin, toString(argMax(next_offset, batch)) AS end
      FROM stepwright.sink_progress WHERE sink = 'analytics' GROUP BY topic, partition ORDER BY topic, partition`);
    return rows.map((row) => ({
      topic: String(row['topic']),
      partition: Number(row['partition']),
      fromOffset: offsetOf(row, 'begin'),
      nextOffset: offsetOf(row, 'end'),
      batch: offsetOf(row, 'newest'),
    }));
  }
}

interface OpenState {
  readonly forgotten: Set<string>;
  nextBatch: bigint;
}

function sessionOf({ tenantId, sessionId }: AnalyticsRow): string {
  return `${tenantId}/${sessionId}`;
}

function offsetOf(row: AnalyticsRecord, column: string): bigint {
  return BigInt(String(row[column]));
}

/** The same for the same source records: of the ranges, or of the rows when a part of a batch is applied alone. */
function batchToken({ rows, ranges }: SinkBatch<AnalyticsRow>): string {
  const parts =
    ranges.length > 0
      ? ranges.map(({ topic, partition, fromOffset, nextOffset }) => `${topic} ${partition} ${fromOffset} ${nextOffset}`).sort()
      : rows.map(({ topic, partition, offset }) => `${topic} ${partition} ${offset}`);
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}
