/**
 * Tables of version 2; statements are safe to run again. The deduplication window is 0 by default outside Replicated tables, and tokens mean nothing
 * without it. Old parts leave the disk a minute after a mutation, so that a forgotten session is gone from the files too.
 */
export const tableSettings = 'SETTINGS non_replicated_deduplication_window = 1000, old_parts_lifetime = 60';

/**
 * Rows of a few sessions are looked up by key again and again, and ids have no order in time: small granules make that five times as cheap. Tables of before any release
 * keep the engine's 8192, and are right with it.
 */
export const rowLookUps = 'index_granularity = 1024';

/** Rows carry the days that their tenant's policy keeps them; 0 keeps them. Parts of a month expire row by row, since tenants differ. */
const expiry = (column: string): string => `TTL toDateTime(${column}) + toIntervalDay(keep_days) DELETE WHERE keep_days > 0`;
const dayExpiry = 'TTL day + toIntervalDay(keep_days) DELETE WHERE keep_days > 0';

/** What the sink writes: one row a thing, edition and revision; a higher revision replaces a lower one. */
const rows = [
  `CREATE TABLE IF NOT EXISTS stepwright.sessions (
    tenant_id String, session_id String, edition LowCardinality(String), revision UInt64,
    status LowCardinality(String), title String, opened_at DateTime64(3, 'UTC'), duration_ms UInt64,
    event_count UInt64, missed_events UInt64, duplicate_events UInt64, warning_count UInt32, keep_days UInt16
  ) ENGINE = ReplacingMergeTree(revision) PARTITION BY toYYYYMM(opened_at) ORDER BY (tenant_id, session_id, edition) ${expiry('opened_at')} ${tableSettings}, ${rowLookUps}`,
  `CREATE TABLE IF NOT EXISTS stepwright.steps (
    tenant_id String, session_id String, step_id String, edition LowCardinality(String), revision UInt64,
    state LowCardinality(String), step_order UInt32, kind LowCardinality(String), application LowCardinality(String),
    recorded_at DateTime64(3, 'UTC'), at_ms UInt64, has_image UInt8,
    redaction_kinds Array(LowCardinality(String)), redaction_counts Array(UInt32), keep_days UInt16
  ) ENGINE = ReplacingMergeTree(revision) PARTITION BY toYYYYMM(recorded_at) ORDER BY (tenant_id, session_id, step_id, edition) ${expiry('recorded_at')} ${tableSettings}, ${rowLookUps}`,
  `CREATE TABLE IF NOT EXISTS stepwright.guides (
    tenant_id String, session_id String, edition LowCardinality(String), revision UInt64,
    guide_id String, title String, recorded_at DateTime64(3, 'UTC'), step_count UInt32, duration_ms UInt64, missed_events UInt64, keep_days UInt16
  ) ENGINE = ReplacingMergeTree(revision) PARTITION BY toYYYYMM(recorded_at) ORDER BY (tenant_id, session_id, edition) ${expiry('recorded_at')} ${tableSettings}, ${rowLookUps}`,
  `CREATE TABLE IF NOT EXISTS stepwright.usage (
    tenant_id String, session_id String, event_id String, kind LowCardinality(String), at DateTime64(3, 'UTC'), actor String, keep_days UInt16
  ) ENGINE = ReplacingMergeTree PARTITION BY toYYYYMM(at) ORDER BY (tenant_id, toDate(at), session_id, event_id) ${expiry('at')} ${tableSettings}`,
  `CREATE TABLE IF NOT EXISTS stepwright.dead_letters (
    partition UInt32, letter_offset UInt64, source_topic String, source_partition UInt32, source_offset UInt64,
    node LowCardinality(String), task_id String, code LowCardinality(String), at DateTime64(3, 'UTC'), keep_days UInt16
  ) ENGINE = ReplacingMergeTree PARTITION BY toYYYYMM(at) ORDER BY (partition, letter_offset) ${expiry('at')} ${tableSettings}`,
  `CREATE TABLE IF NOT EXISTS stepwright.processor_times (
    node LowCardinality(String), process String, at DateTime64(3, 'UTC'), records UInt64, busy_us UInt64, slowest_us UInt64, keep_days UInt16
  ) ENGINE = ReplacingMergeTree PARTITION BY toYYYYMM(at) ORDER BY (node, process, at) ${expiry('at')} ${tableSettings}`,
];

/**
 * What is made of rows as they arrive. A materialized view sees inserted blocks, so it may see a row twice (another block, another batch): each of
 * these folds with a function to which that makes no difference, `max` and the set of ids, and none adds.
 */
const folds = [
  `CREATE TABLE IF NOT EXISTS stepwright.changes (
    tenant_id String, session_id String, day Date, changed_at SimpleAggregateFunction(max, DateTime64(6, 'UTC'))
  ) ENGINE = AggregatingMergeTree ORDER BY (tenant_id, session_id, day) SETTINGS old_parts_lifetime = 60`,
  ...['sessions', 'steps', 'guides'].map(
    (table) => `CREATE MATERIALIZED VIEW IF NOT EXISTS stepwright.${table}_changed TO stepwright.changes AS
      SELECT tenant_id, session_id, toDate(0) AS day, max(now64(6, 'UTC')) AS changed_at FROM stepwright.${table} GROUP BY tenant_id, session_id, day`,
  ),
  `CREATE MATERIALIZED VIEW IF NOT EXISTS stepwright.usage_changed TO stepwright.changes AS
    SELECT tenant_id, '' AS session_id, toDate(at) AS day, max(now64(6, 'UTC')) AS changed_at FROM stepwright.usage GROUP BY tenant_id, session_id, day`,
  `CREATE MATERIALIZED VIEW IF NOT EXISTS stepwright.processor_times_changed TO stepwright.changes AS
    SELECT '' AS tenant_id, '' AS session_id, toDate(at) AS day, max(now64(6, 'UTC')) AS changed_at FROM stepwright.processor_times GROUP BY tenant_id, session_id, day`,
  `CREATE TABLE IF NOT EXISTS stepwright.views_a_day (
    tenant_id String, session_id String, viewed_on Date, kind LowCardinality(String), keep_days SimpleAggregateFunction(max, UInt16),
    events AggregateFunction(uniqExact, String), actors AggregateFunction(uniqExact, String)
  ) ENGINE = AggregatingMergeTree ORDER BY (tenant_id, kind, viewed_on, session_id)
    TTL viewed_on + toIntervalDay(keep_days) DELETE WHERE keep_days > 0 SETTINGS old_parts_lifetime = 60`,
  `CREATE MATERIALIZED VIEW IF NOT EXISTS stepwright.views_a_day_feed TO stepwright.views_a_day AS
    SELECT tenant_id, session_id, toDate(at) AS viewed_on, kind, max(keep_days) AS keep_days,
      uniqExactState(event_id) AS events, uniqExactState(actor) AS actors
    FROM stepwright.usage GROUP BY tenant_id, session_id, viewed_on, kind`,
];

/**
 * Counts of a day, made anew from the rows whenever something of that day changed (rollups.ts). A reader takes the newest published generation, so no
 * merge may replace one by another before it is published: generations stand side by side until old ones are swept.
 */
const daily = [
  `CREATE TABLE IF NOT EXISTS stepwright.daily (
    tenant_id String, day Date, edition LowCardinality(String), generation UInt64, keep_days UInt16,
    sessions UInt64, finished UInt64, missed_events UInt64, session_ms UInt64, guides UInt64, guide_steps UInt64, guide_ms UInt64,
    stepped_sessions UInt64, steps UInt64,
    steps_quantiles AggregateFunction(quantilesTDigest(0.5, 0.95), UInt64), first_step_quantiles AggregateFunction(quantilesTDigest(0.5, 0.95), UInt64)
  ) ENGINE = MergeTree PARTITION BY toYYYYMM(day) ORDER BY (tenant_id, day, edition, generation) ${dayExpiry} ${tableSettings}`,
  `CREATE TABLE IF NOT EXISTS stepwright.daily_names (
    tenant_id String, day Date, edition LowCardinality(String), dimension LowCardinality(String), name String, generation UInt64, keep_days UInt16,
    steps UInt64, sessions UInt64, amount UInt64, with_image UInt64
  ) ENGINE = MergeTree PARTITION BY toYYYYMM(day) ORDER BY (tenant_id, dimension, day, generation, edition, name) ${dayExpiry} ${tableSettings}`,
  `CREATE TABLE IF NOT EXISTS stepwright.daily_usage (
    tenant_id String, day Date, kind LowCardinality(String), generation UInt64, keep_days UInt16,
    events UInt64, sessions UInt64, people AggregateFunction(uniqExact, String)
  ) ENGINE = MergeTree PARTITION BY toYYYYMM(day) ORDER BY (tenant_id, day, kind, generation) ${dayExpiry} ${tableSettings}`,
  // Of the deployment: the tenant is empty.
  `CREATE TABLE IF NOT EXISTS stepwright.daily_processors (
    tenant_id String, day Date, node LowCardinality(String), generation UInt64, keep_days UInt16, records UInt64, busy_us UInt64, slowest_us UInt64
  ) ENGINE = MergeTree PARTITION BY toYYYYMM(day) ORDER BY (tenant_id, day, node, generation) ${dayExpiry} ${tableSettings}`,
  `CREATE TABLE IF NOT EXISTS stepwright.daily_due (generation UInt64, tenant_id String, day Date)
    ENGINE = ReplacingMergeTree ORDER BY (generation, tenant_id, day) TTL toDateTime(intDiv(generation, 1000000)) + toIntervalDay(1) ${tableSettings}`,
  `CREATE TABLE IF NOT EXISTS stepwright.daily_published (tenant_id String, day Date, generation UInt64)
    ENGINE = ReplacingMergeTree(generation) ORDER BY (tenant_id, day) ${tableSettings}`,
];

const bookkeeping = [
  `CREATE TABLE IF NOT EXISTS stepwright.sink_progress (
    sink LowCardinality(String), topic String, partition UInt32, from_offset UInt64, next_offset UInt64, batch UInt64
  ) ENGINE = ReplacingMergeTree(batch) ORDER BY (sink, topic, partition) ${tableSettings}`,
  `CREATE TABLE IF NOT EXISTS stepwright.forgotten (tenant_id String, session_id String)
    ENGINE = ReplacingMergeTree ORDER BY (tenant_id, session_id) ${tableSettings}`,
  `CREATE TABLE IF NOT EXISTS stepwright.kept_days (tenant_id String, days UInt16, set_at UInt64)
    ENGINE = ReplacingMergeTree(set_at) ORDER BY tenant_id ${tableSettings}`,
];

export const tableStatements: readonly string[] = [...rows, ...folds, ...daily, ...bookkeeping];
