import type { AnalyticsClient } from './analytics-client.ts';
import { countDueDays, dayChunks, markDays, sweep, sweptTables } from './day-counts.ts';
import { countSessions, markCounted, markSessions, sessionChunks } from './session-counts.ts';

/** Inserts take less, all but those that a client gave up on. */
const shortUs = 10_000_000;
/** A generation that was replaced stays this long, for readers that have begun on it. */
const sweepAfterMs = 600_000;

export interface RollupOptions {
  readonly client: AnalyticsClient;
  /**
   * Longest time between the moment that an insert bears (`changed_at`) and the moment that its rows can be read; what changed this shortly
   * before it was counted is counted once more, when that time is over. 0 where inserts and counts go one after the other.
   */
  readonly marginMs: number;
}

/** What the statements are bound to; changes up to `since` are counted already. */
interface Count {
  readonly generation: number;
  readonly since: number;
  readonly short: number;
  readonly margin: number;
}

/**
 * Keeps the counts of each (tenant, day) equal to what the rows say, in two steps: sessions that changed, each whole, then the days that they are on. Owns
 * `stepwright.daily*` and `stepwright.session*_{counts,counted,due}`; reads the rows and `changes`. Invariants:
 * - R1 a session is counted from the newest revision of each row, and a day from the newest count of each session, whole, never added to: rows that come
 *   twice, in other batches, out of order or after a restart give the same counts; each edition has its own.
 * - R2 all counts of a generation are written before it is published, by one insert for its days; readers take published generations only. A crash in between
 *   leaves a generation that nobody reads; a repeat takes a new number, so nothing is counted into one twice. Counts of single sessions are each right by
 *   themselves, and replaced by a higher generation; a session is marked as counted after them.
 * - R3 what changed is read from `changes`, which the engine itself fills with every insert, by whichever process: no mark is lost by a crash, and one
 *   too many costs a count. A generation is a moment of the engine's clock before anything of it was read, so a change after it is due again.
 */
export class Rollups {
  readonly #client: AnalyticsClient;
  readonly #marginUs: number;
  /** Everything that changed up to here was counted; 0 after a start, which compares all once. */
  #since = 0;
  #sweptAtMs = 0;

  constructor({ client, marginMs }: RollupOptions) {
    this.#client = client;
    this.#marginUs = marginMs * 1000;
  }

  /** Counts what changed. Answers how many days it counted. @throws {ANALYTICS_FAILED}; the next call does what is left. */
  async refresh(): Promise<number> {
    const generation = await this.#nowUs();
    const count = { generation, since: this.#since, short: Math.min(shortUs, this.#marginUs), margin: this.#marginUs };
    await this.#run(markSessions, count);
    for (const { chunk } of await this.#chunks(sessionChunks, count)) {
      for (const statement of [countSessions, markCounted]) await this.#run(statement, count, chunk);
    }
    await this.#run(markDays, count);
    let dayCount = 0;
    for (const { chunk, days } of await this.#chunks(dayChunks, count)) {
      for (const statement of countDueDays) await this.#run(statement, count, chunk);
      dayCount += days;
    }
    this.#since = generation - this.#marginUs;
    await this.#sweepSometimes(generation / 1000);
    return dayCount;
  }

  async #run(statement: string, count: Count, chunk = 0): Promise<void> {
    await this.#client.command(statement.replace('{token}', `'generation ${count.generation} ${chunk}'`), { ...count, chunk });
  }

  async #chunks(statement: string, count: Count): Promise<readonly { readonly chunk: number; readonly days: number }[]> {
    const rows = await this.#client.query(statement, { ...count });
    return rows.map((row) => ({ chunk: Number(row['chunk']), days: Number(row['days'] ?? 0) }));
  }

  async #sweepSometimes(nowMs: number): Promise<void> {
    if (nowMs - this.#sweptAtMs < sweepAfterMs) return;
    this.#sweptAtMs = nowMs;
    for (const table of sweptTables) await this.#client.command(sweep(table), { before: Math.round((nowMs - sweepAfterMs) * 1000) });
  }

  /** The engine's clock, since its inserts bear it. */
  async #nowUs(): Promise<number> {
    const [row] = await this.#client.query("SELECT toString(toUnixTimestamp64Micro(now64(6, 'UTC'))) AS us");
    return Number(row?.['us'] ?? 0);
  }
}
