import { createHash } from 'node:crypto';
import type { Clock } from '../../topology/base/clock.ts';
import type { InputRecord, TopicPartitionOffset } from '../../topology/log/log.ts';
import { inParallel } from '../runner/in-parallel.ts';
import type { SinkBatch, SinkTarget, SourceRange } from '../runner/sink-target.ts';
import type { AnalyticsClient, AnalyticsRecord } from './analytics-client.ts';
import { analyticsTables } from './analytics-rows.ts';
import type { AnalyticsRow } from './analytics-rows.ts';
import { analyticsTopics, decodeRow } from './decode-row.ts';
import type { AnalyticsSerdes, ReadLetter } from './decode-row.ts';
import { applyRetention, keptDays } from './retention.ts';
import type { Retention } from './retention.ts';
import { Rollups } from './rollups.ts';
import { countSessionRows, deleteSessionRows } from './session-rows.ts';
import { newestBatch, readProgress, writePlan } from './sink-progress.ts';

export interface AnalyticsTargetOptions {
  readonly client: AnalyticsClient;
  readonly serdes: AnalyticsSerdes;
  readonly readLetter?: ReadLetter | undefined;
  /** Brings the schema to the newest version, however the place wants it. */
  readonly migrate: (client: AnalyticsClient) => Promise<unknown>;
  readonly retention: Retention;
  /** See RollupOptions. */
  readonly marginMs: number;
  /** Longest time from rows to the counts of their day. */
  readonly countEveryMs: number;
  readonly clock: Clock;
}

/**
 * Carries guides, usage, dead letters and processor times into ClickHouse. Owns the rows of `stepwright.*`. Invariants:
 * - A1 a batch's source ranges are written down (`sink_progress`) before its first insert, and name its deduplication tokens; after a crash
 *   the same ranges are inserted again, so the engine drops what stood already.
 * - A2 outside the deduplication window a second insert still changes no number: rows are replaced by key and revision, days are counted from
 *   the newest rows (rollups.ts), folds of single rows are maxima.
 * - A3 rows of a forgotten session are left out before they are inserted.
 */
export class AnalyticsTarget implements SinkTarget<AnalyticsRow> {
  readonly name = 'analytics';
  readonly topics: readonly string[];
  readonly #options: AnalyticsTargetOptions;
  readonly #client: AnalyticsClient;
  readonly #rollups: Rollups;
  #opened: Promise<OpenState> | undefined;
  /** Rows came, or may have come before the start, that no count has seen. */
  #isStale = true;
  #counting: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #isClosed = false;

  constructor(options: AnalyticsTargetOptions) {
    this.#options = options;
    this.#client = options.client;
    this.#rollups = new Rollups(options);
    this.topics = analyticsTopics(options.readLetter);
  }

  decode(topic: string, record: InputRecord): AnalyticsRow | undefined {
    const { serdes, readLetter } = this.#options;
    return decodeRow(topic, record, { serdes, readLetter });
  }

  /** Resolves when the engine runs, the schema is there, and everything that this process applied is counted. @throws {ANALYTICS_OFF | ANALYTICS_FAILED} */
  async ready(): Promise<void> {
    await this.#open();
    // A count that is under way may have begun before the last rows; one more is enough, however fast others come.
    await this.#counting;
    if (this.#isStale) await this.#count();
  }

  async positions(): Promise<readonly TopicPartitionOffset[]> {
    await this.#open();
    const ranges = await readProgress(this.#client, this.name);
    return ranges.map(({ topic, partition, nextOffset }) => ({ topic, partition, nextOffset }));
  }

  /** The newest batch: it may have been planned and not inserted. */
  async plannedRanges(): Promise<readonly SourceRange[]> {
    await this.#open();
    const ranges = await readProgress(this.#client, this.name);
    const newest = newestBatch(ranges);
    return ranges.filter(({ batch }) => batch === newest);
  }

  async apply(batch: SinkBatch<AnalyticsRow>): Promise<void> {
    const state = await this.#open();
    const { ranges } = batch;
    const token = batchToken(batch);
    if (ranges.length > 0) await writePlan(this.#client, { sink: this.name, batch: state.nextBatch++, ranges, token });
    // Side by side: rows of one table are written out while the engine takes those of another.
    await inParallel(analyticsTables, analyticsTables.length, async (table) => {
      const rows = batch.rows.filter(({ row }) => row.table === table && !state.forgotten.has(sessionOf(row)));
      const records = rows.map(({ row }) => this.#recordOf(row));
      if (records.length > 0) await this.#client.insert(`stepwright.${table}`, records, `${table} ${token}`);
    });
    if (batch.rows.length > 0) this.#countSoon();
  }

  async forget(tenantId: string, sessionId: string): Promise<number> {
    const state = await this.#open();
    state.forgotten.add(`${tenantId}/${sessionId}`);
    await this.#client.insert('stepwright.forgotten', [{ tenant_id: tenantId, session_id: sessionId }], `forget ${tenantId}/${sessionId}`);
    const rowCount = await this.#withoutCounting(() => deleteSessionRows(this.#client, tenantId, sessionId));
    this.#isStale = true;
    await this.ready();
    return rowCount;
  }

  /** Rows of a session that a query can still find, by table; its tombstone is not one of them. */
  async leftovers(tenantId: string, sessionId: string): Promise<ReadonlyMap<string, number>> {
    await this.#open();
    return countSessionRows(this.#client, tenantId, sessionId);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer?.();
    await this.#counting?.catch(() => undefined);
    await this.#client.close();
  }

  #recordOf({ tenantId, record }: AnalyticsRow): AnalyticsRecord {
    return { ...record, keep_days: keptDays(this.#options.retention, tenantId) };
  }

  /** Once in `countEveryMs`, beside the next batches. A failure is tried again after as long. */
  #countSoon(): void {
    this.#isStale = true;
    if (this.#isClosed || this.#cancelTimer !== undefined) return;
    this.#cancelTimer = this.#options.clock.setTimer(this.#options.countEveryMs, () => {
      this.#cancelTimer = undefined;
      this.#count().catch(() => this.#countSoon());
    });
  }

  /** One at a time. Rows that come while it counts make it stale again. */
  #count(): Promise<void> {
    if (this.#counting !== undefined) return this.#counting;
    this.#isStale = false;
    this.#counting = this.#rollups
      .refresh()
      .then(() => undefined)
      .catch((error: unknown) => {
        this.#isStale = true;
        throw error;
      })
      .finally(() => (this.#counting = undefined));
    return this.#counting;
  }

  /** A count that began before a deletion and ends after it would write what it had read. */
  async #withoutCounting<Result>(work: () => Promise<Result>): Promise<Result> {
    while (this.#counting !== undefined) await this.#counting.catch(() => undefined);
    const working = work().finally(() => (this.#counting = undefined));
    this.#counting = working.then(
      () => undefined,
      () => undefined,
    );
    return working;
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
    await this.#options.migrate(this.#client);
    await applyRetention(this.#client, this.#options.retention);
    const forgotten = await this.#client.query('SELECT DISTINCT tenant_id, session_id FROM stepwright.forgotten');
    return {
      forgotten: new Set(forgotten.map((row) => `${String(row['tenant_id'])}/${String(row['session_id'])}`)),
      nextBatch: newestBatch(await readProgress(this.#client, this.name)) + 1n,
    };
  }
}

interface OpenState {
  readonly forgotten: Set<string>;
  nextBatch: bigint;
}

function sessionOf({ tenantId, sessionId }: AnalyticsRow): string {
  return `${tenantId}/${sessionId}`;
}

/** The same for the same source records: of the ranges, or of the rows when a part of a batch is applied alone. */
function batchToken({ rows, ranges }: SinkBatch<AnalyticsRow>): string {
  const parts =
    ranges.length > 0
      ? ranges.map(({ topic, partition, fromOffset, nextOffset }) => `${topic} ${partition} ${fromOffset} ${nextOffset}`).sort()
      : rows.map(({ topic, partition, offset }) => `${topic} ${partition} ${offset}`);
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}
