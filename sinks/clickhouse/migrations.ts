import type { AnalyticsClient } from './analytics-client.ts';

/** One step of the schema. Statements are safe to run again: a crash between them repeats the whole step. */
interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
}

/**
 * The deduplication window is 0 by default outside Replicated tables; tokens mean nothing without it. Old parts leave the disk a minute after a
 * mutation, so that a forgotten session is gone from the files too.
 */
const tableSettings = 'SETTINGS non_replicated_deduplication_window = 1000, old_parts_lifetime = 60';

/** The same SQL for the embedded engine and the server. Append only; a version that was released never changes. */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: 'sessions, steps, guides, usage, redactions, views a day, progress',
    statements: [
      `CREATE TABLE IF NOT EXISTS stepwright.sessions (
        tenant_id String, session_id String, edition LowCardinality(String), revision UInt64,
        status LowCardinality(String), title String, opened_at DateTime64(3, 'UTC'), duration_ms UInt64,
        event_count UInt64, missed_events UInt64, duplicate_events UInt64, warning_count UInt32
      ) ENGINE = ReplacingMergeTree(revision) ORDER BY (tenant_id, session_id, edition) ${tableSettings}`,
      `CREATE TABLE IF NOT EXISTS stepwright.steps (
        tenant_id String, session_id String, step_id String, edition LowCardinality(String), revision UInt64,
        state LowCardinality(String), step_order UInt32, kind LowCardinality(String), recorded_at DateTime64(3, 'UTC'), has_image UInt8,
        redaction_kinds Array(String), redaction_counts Array(UInt32)
      ) ENGINE = ReplacingMergeTree(revision) ORDER BY (tenant_id, session_id, step_id, edition) ${tableSettings}`,
      `CREATE TABLE IF NOT EXISTS stepwright.guides (
        tenant_id String, session_id String, edition LowCardinality(String), revision UInt64,
        guide_id String, title String, recorded_at DateTime64(3, 'UTC'), step_count UInt32, duration_ms UInt64, missed_events UInt64
      ) ENGINE = ReplacingMergeTree(revision) ORDER BY (tenant_id, session_id, edition) ${tableSettings}`,
      `CREATE TABLE IF NOT EXISTS stepwright.usage (
        tenant_id String, session_id String, event_id String, kind LowCardinality(String), at DateTime64(3, 'UTC'), actor String
      ) ENGINE = ReplacingMergeTree ORDER BY (tenant_id, session_id, event_id) ${tableSettings}`,
      `CREATE VIEW IF NOT EXISTS stepwright.redactions AS
        SELECT tenant_id, session_id, step_id, edition, recorded_at, redaction_kind AS kind, redaction_count AS count
        FROM (
          SELECT tenant_id, session_id, step_id, edition, argMax(state, revision) AS last_state, argMax(recorded_at, revision) AS recorded_at,
            argMax(redaction_kinds, revision) AS kinds, argMax(redaction_counts, revision) AS counts
          FROM stepwright.steps GROUP BY tenant_id, session_id, step_id, edition
        ) ARRAY JOIN kinds AS redaction_kind, counts AS redaction_count WHERE last_state != 'removed'`,
      `CREATE TABLE IF NOT EXISTS stepwright.views_a_day (
        tenant_id String, session_id String, viewed_on Date, kind LowCardinality(String),
        events AggregateFunction(uniqExact, String), actors AggregateFunction(uniqExact, String)
      ) ENGINE = AggregatingMergeTree ORDER BY (tenant_id, session_id, viewed_on, kind) SETTINGS old_parts_lifetime = 60`,
      `CREATE MATERIALIZED VIEW IF NOT EXISTS stepwright.views_a_day_feed TO stepwright.views_a_day AS
        SELECT tenant_id, session_id, toDate(at) AS viewed_on, kind, uniqExactState(event_id) AS events, uniqExactState(actor) AS actors
        FROM stepwright.usage GROUP BY tenant_id, session_id, viewed_on, kind`,
      `CREATE TABLE IF NOT EXISTS stepwright.sink_progress (
        sink LowCardinality(String), topic String, partition UInt32, from_offset UInt64, next_offset UInt64, batch UInt64
      ) ENGINE = ReplacingMergeTree(batch) ORDER BY (sink, topic, partition) ${tableSettings}`,
      `CREATE TABLE IF NOT EXISTS stepwright.forgotten (tenant_id String, session_id String)
        ENGINE = ReplacingMergeTree ORDER BY (tenant_id, session_id) ${tableSettings}`,
    ],
  },
];

/** Brings the schema to the newest version; running it twice, or two at once, does no harm. Answers the version. @throws {ANALYTICS_FAILED} */
export async function migrate(client: AnalyticsClient): Promise<number> {
  await client.command('CREATE DATABASE IF NOT EXISTS stepwright');
  await client.command(
    `CREATE TABLE IF NOT EXISTS stepwright.migrations (version UInt32, name String) ENGINE = ReplacingMergeTree ORDER BY version ${tableSettings}`,
  );
  const rows = await client.query('SELECT DISTINCT version FROM stepwright.migrations');
  const done = new Set(rows.map((row) => Number(row['version'])));
  for (const { version, name, statements } of migrations) {
    if (done.has(version)) continue;
    for (const statement of statements) await client.command(statement);
    await client.insert('stepwright.migrations', [{ version, name }], `migration ${version}`);
  }
  return Math.max(...migrations.map(({ version }) => version));
}
