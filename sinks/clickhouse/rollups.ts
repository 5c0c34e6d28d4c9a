import type { AnalyticsClient } from './analytics-client.ts';

/** What a refresh works on, as SQL: sessions and usage of one tenant and day are counted together. */
const due = 'SELECT tenant_id, day FROM stepwright.daily_due WHERE generation = {generation:UInt64}';

/** At most about so many sessions are counted at once: that bounds the engine's memory, whatever a replay has touched. */
const sessionsAtOnce = 20_000;
/** A generation that was replaced stays this long, for readers that have begun on it. */
const sweepAfterMs = 600_000;

/** The token names table and generation: the embedded engine would else use that of whatever insert came before. Replaced by `onceIn`. */
const once = 'SETTINGS insert_deduplicate = 1, insert_deduplication_token = {token}';

const markDue = `
  INSERT INTO stepwright.daily_due (generation, tenant_id, day) ${once}
  SELECT {generation:UInt64}, tenant_id, day FROM (
    SELECT tenant_id, day, sum(session_count) OVER (ORDER BY day DESC, tenant_id ROWS UNBOUNDED PRECEDING) AS running,
      row_number() OVER (ORDER BY day DESC, tenant_id) AS place
    FROM (
      SELECT changed.tenant_id AS tenant_id, changed.day AS day, changed.session_count AS session_count
      FROM (
        SELECT tenant_id, day, max(change) AS last_change, uniqExact(session_id) AS session_count FROM (
          SELECT s.tenant_id AS tenant_id, s.session_id AS session_id, s.day AS day, c.change AS change
          FROM (
            SELECT DISTINCT tenant_id, session_id, toDate(opened_at) AS day FROM stepwright.sessions
            WHERE (tenant_id, session_id) IN (SELECT tenant_id, session_id FROM stepwright.changes WHERE changed_at > fromUnixTimestamp64Micro({since:Int64}))
          ) AS s
          INNER JOIN (
            SELECT tenant_id, session_id, max(changed_at) AS change FROM stepwright.changes
            WHERE changed_at > fromUnixTimestamp64Micro({since:Int64}) GROUP BY tenant_id, session_id
          ) AS c ON s.tenant_id = c.tenant_id AND s.session_id = c.session_id
          UNION ALL
          SELECT tenant_id, session_id, day, changed_at AS change FROM stepwright.changes
          WHERE session_id = '' AND changed_at > fromUnixTimestamp64Micro({since:Int64})
        ) GROUP BY tenant_id, day
      ) AS changed
      LEFT JOIN (SELECT tenant_id, day, max(generation) AS generation FROM stepwright.daily_published GROUP BY tenant_id, day) AS published
        ON changed.tenant_id = published.tenant_id AND changed.day = published.day
      WHERE toUnixTimestamp64Micro(changed.last_change) + {margin:Int64} >= published.generation AND published.generation < {began:UInt64}
    )
  ) WHERE running <= ${sessionsAtOnce} OR place = 1`;

/** The sessions of due days, by their newest revision in each edition. A session has one day, that of its opening, whatever comes later. */
const dueSessions = `
  SELECT tenant_id, session_id, edition, argMax((status, toDate(opened_at), duration_ms, missed_events, keep_days), revision) AS last
  FROM stepwright.sessions
  WHERE (tenant_id, session_id) IN (SELECT tenant_id, session_id FROM stepwright.sessions WHERE (tenant_id, toDate(opened_at)) IN (${due}))
  GROUP BY tenant_id, session_id, edition
  HAVING (tenant_id, last.2) IN (${due})`;
const ofDueSessions = `(tenant_id, session_id) IN (SELECT tenant_id, session_id FROM stepwright.sessions WHERE (tenant_id, toDate(opened_at)) IN (${due}))`;
const lastSteps = `
  SELECT tenant_id, session_id, edition, step_id,
    argMax((state, kind, application, at_ms, has_image, redaction_kinds, redaction_counts), revision) AS last
  FROM stepwright.steps WHERE ${ofDueSessions} GROUP BY tenant_id, session_id, edition, step_id HAVING last.1 != 'removed'`;

const countDays = `
  INSERT INTO stepwright.daily (tenant_id, day, edition, generation, keep_days, sessions, finished, missed_events, session_ms,
    guides, guide_steps, guide_ms, stepped_sessions, steps, steps_quantiles, first_step_quantiles) ${once}
  SELECT s.tenant_id AS tenant_id, s.last.2 AS day, s.edition AS edition, {generation:UInt64}, max(s.last.5),
    count(), countIf(s.last.1 = 'finished'), sum(s.last.4), sum(s.last.3),
    countIf(g.is_there = 1), sum(g.last.1), sum(g.last.2), countIf(t.steps > 0), sum(t.steps),
    quantilesTDigestStateIf(0.5, 0.95)(t.steps, t.steps > 0), quantilesTDigestStateIf(0.5, 0.95)(t.first_ms, t.steps > 0)
  FROM (${dueSessions}) AS s
  LEFT JOIN (
    SELECT tenant_id, session_id, edition, count() AS steps, min(last.4) AS first_ms FROM (${lastSteps}) GROUP BY tenant_id, session_id, edition
  ) AS t ON s.tenant_id = t.tenant_id AND s.session_id = t.session_id AND s.edition = t.edition
  LEFT JOIN (
    SELECT tenant_id, session_id, edition, argMax((toUInt64(step_count), duration_ms), revision) AS last, 1 AS is_there
    FROM stepwright.guides WHERE ${ofDueSessions} GROUP BY tenant_id, session_id, edition
  ) AS g ON s.tenant_id = g.tenant_id AND s.session_id = g.session_id AND s.edition = g.edition
  GROUP BY tenant_id, day, edition`;

const countNames = `
  INSERT INTO stepwright.daily_names (tenant_id, day, edition, dimension, name, generation, keep_days, steps, sessions, amount, with_image) ${once}
  SELECT tenant_id, day, edition, entry.1 AS dimension, entry.2 AS name, {generation:UInt64}, max(keep_days),
    count(), uniqExact(session_id), sum(entry.3), sum(has_image)
  FROM (
    SELECT s.tenant_id AS tenant_id, s.session_id AS session_id, s.edition AS edition, s.last.2 AS day, s.last.5 AS keep_days, t.last.5 AS has_image,
      arrayJoin(arrayConcat(
        [('kind', toString(t.last.2), toUInt64(1)), ('application', toString(t.last.3), toUInt64(1))],
        arrayMap((kind, amount) -> ('redaction', toString(kind), toUInt64(amount)), t.last.6, t.last.7)
      )) AS entry
    FROM (${dueSessions}) AS s
    INNER JOIN (${lastSteps}) AS t ON s.tenant_id = t.tenant_id AND s.session_id = t.session_id AND s.edition = t.edition
  ) WHERE name != '' GROUP BY tenant_id, day, edition, dimension, name`;

const countUsage = `
  INSERT INTO stepwright.daily_usage (tenant_id, day, kind, generation, keep_days, events, sessions, people) ${once}
  SELECT tenant_id, toDate(at) AS day, kind, {generation:UInt64}, max(keep_days), uniqExact(event_id), uniqExact(session_id), uniqExactState(actor)
  FROM stepwright.usage WHERE (tenant_id, toDate(at)) IN (${due}) GROUP BY tenant_id, day, kind`;

const countProcessors = `
  INSERT INTO stepwright.daily_processors (tenant_id, day, node, generation, keep_days, records, busy_us, slowest_us) ${once}
  SELECT '' AS tenant_id, toDate(at) AS day, node, {generation:UInt64}, max(t.4), sum(t.1), sum(t.2), max(t.3)
  FROM (
    SELECT node, process, at, any((records, busy_us, slowest_us, keep_days)) AS t FROM stepwright.processor_times
    WHERE ('', toDate(at)) IN (${due}) GROUP BY node, process, at
  ) GROUP BY day, node`;

const publish = `
  INSERT INTO stepwright.daily_published (tenant_id, day, generation) ${once} SELECT tenant_id, day, generation FROM stepwright.daily_due
  WHERE generation = {generation:UInt64}`;

const sweepTables = ['daily', 'daily_names', 'daily_usage', 'daily_processors'] as const;
const sweep = (table: string): string => `
  ALTER TABLE stepwright.${table} DELETE WHERE generation < {before:UInt64}
    AND (tenant_id, day, generation) NOT IN (SELECT tenant_id, day, max(generation) FROM stepwright.daily_published GROUP BY tenant_id, day)`;

/** Tables that hold no more than counts, of tenants and days. */
export const rollupTables: readonly string[] = [...sweepTables, 'daily_due', 'daily_published'];

export interface RollupOptions {
  readonly client: AnalyticsClient;
  /**
   * Longest time between the moment that an insert bears (`changed_at`) and the moment that its rows can be read; a day that changed this shortly
   * before it was counted is counted once more. 0 where inserts and counts go one after the other.
   */
  readonly marginMs: number;
}

/**
 * Keeps the counts of each (tenant, day) equal to what the rows say. Owns `stepwright.daily*`; reads the rows and `changes`. Invariants:
 * - R1 a day is counted from the newest revision of each row, whole, never added to: rows that come twice, in other batches, out of order or after a
 *   restart give the same counts; each edition has its own.
 * - R2 all counts of a generation are written before it is published, by one insert; readers take published generations only. A crash in between
 *   leaves a generation that nobody reads; a repeat takes a new number, so nothing is counted into one twice.
 * - R3 what changed is read from `changes`, which the engine itself fills with every insert, by whichever process: no mark is lost by a crash, and one
 *   too many costs a count.
 */
export class Rollups {
  readonly #client: AnalyticsClient;
  readonly #marginUs: number;
  /** Everything that changed up to here was counted; 0 after a start, which compares all days once. */
  #since = 0;
  #sweptAtMs = 0;

  constructor({ client, marginMs }: RollupOptions) {
    this.#client = client;
    this.#marginUs = marginMs * 1000;
  }

  /** Counts what changed. Answers how many days it counted. @throws {ANALYTICS_FAILED}; the next call does what is left. */
  async refresh(): Promise<number> {
    const began = await this.#nowUs();
    let dayCount = 0;
    for (let found = await this.#countSome(began); found > 0; found = await this.#countSome(began)) dayCount += found;
    this.#since = began - this.#marginUs;
    await this.#sweepSometimes(began / 1000);
    return dayCount;
  }

  /** Days that wait and were not counted since `began`: with a margin what changed just now stays due, for the next call. */
  async #countSome(began: number): Promise<number> {
    const parameters = { generation: await this.#nowUs(), began, since: this.#since, margin: this.#marginUs };
    await this.#client.command(onceIn(markDue, parameters), parameters);
    const [counted] = await this.#client.query(`SELECT count() AS days FROM (${due})`, parameters);
    const dayCount = Number(counted?.['days'] ?? 0);
    if (dayCount === 0) return 0;
    for (const statement of [countDays, countNames, countUsage, countProcessors, publish])
      await this.#client.command(onceIn(statement, parameters), parameters);
    return dayCount;
  }

  async #sweepSometimes(nowMs: number): Promise<void> {
    if (nowMs - this.#sweptAtMs < sweepAfterMs) return;
    this.#sweptAtMs = nowMs;
    for (const table of sweepTables) await this.#client.command(sweep(table), { before: Math.round((nowMs - sweepAfterMs) * 1000) });
  }

  /** The engine's clock, since its inserts bear it. */
  async #nowUs(): Promise<number> {
    const [row] = await this.#client.query("SELECT toString(toUnixTimestamp64Micro(now64(6, 'UTC'))) AS us");
    return Number(row?.['us'] ?? 0);
  }
}

function onceIn(statement: string, { generation }: { readonly generation: number }): string {
  return statement.replace('{token}', `'generation ${generation}'`);
}
