import { rowLookUps, tableSettings } from './tables.ts';

/** Version 4: days are summed from counts of their sessions. What was published stays readable; days are summed anew as they change. */
export const countingStatements: readonly string[] = [
  /*
   * What each session adds to its day. In the order of days, so that a day is one stretch to read. `sessions` is 0 where a session was counted and is no longer:
   * its opening moved to another day. A name stands after its dimension and a space.
   */
  `CREATE TABLE IF NOT EXISTS stepwright.session_counts (
    tenant_id String, day Date, session_id String, edition LowCardinality(String), generation UInt64, keep_days UInt16,
    sessions UInt8, finished UInt8, missed_events UInt64, session_ms UInt64, guides UInt8, guide_steps UInt64, guide_ms UInt64,
    steps UInt64, first_step_ms UInt64,
    names Array(LowCardinality(String)), name_steps Array(UInt64), name_amounts Array(UInt64), name_images Array(UInt64)
  ) ENGINE = ReplacingMergeTree(generation) PARTITION BY toYYYYMM(day) ORDER BY (tenant_id, day, session_id, edition)
    TTL day + toIntervalDay(keep_days) DELETE WHERE keep_days > 0 ${tableSettings}`,
  // Where a session was counted, and when last. In the order of `changes`, which it is compared with.
  `CREATE TABLE IF NOT EXISTS stepwright.sessions_counted (
    tenant_id String, session_id String, edition LowCardinality(String), day Date, generation UInt64
  ) ENGINE = ReplacingMergeTree(generation) ORDER BY (tenant_id, session_id, edition, day) ${tableSettings}, ${rowLookUps}`,
  `CREATE TABLE IF NOT EXISTS stepwright.sessions_due (generation UInt64, chunk UInt32, tenant_id String, session_id String)
    ENGINE = ReplacingMergeTree ORDER BY (generation, chunk, tenant_id, session_id)
    TTL toDateTime(intDiv(generation, 1000000)) + toIntervalHour(1) ${tableSettings}`,
  'ALTER TABLE stepwright.daily_due ADD COLUMN IF NOT EXISTS chunk UInt32',
  `CREATE TABLE IF NOT EXISTS stepwright.daily_views (
    tenant_id String, day Date, session_id String, generation UInt64, keep_days UInt16, views UInt64, people UInt64
  ) ENGINE = MergeTree PARTITION BY toYYYYMM(day) ORDER BY (tenant_id, day, generation, session_id)
    TTL day + toIntervalDay(keep_days) DELETE WHERE keep_days > 0 ${tableSettings}`,
  // Sets of ids for each session and day, merged whenever they were asked for: `daily_views` has the numbers.
  'DROP VIEW IF EXISTS stepwright.views_a_day_feed',
  'DROP TABLE IF EXISTS stepwright.views_a_day',
  // Days with usage are summed once more, so that theirs are there.
  `INSERT INTO stepwright.changes (tenant_id, session_id, day, changed_at)
    SELECT DISTINCT tenant_id, '', toDate(at), now64(6, 'UTC') FROM stepwright.usage`,
];
