/**
 * SQL that counts each session by itself, from its newest rows. Days are summed from these counts (day-counts.ts), so a change costs the steps of its session and one row for
 * each session of its day, not all steps of the day. Both read the newest row of a key by the table's own order and `LIMIT 1 BY`: a tenth of what `argMax` over a tuple costs.
 */

/** At most so many sessions are counted by one statement: that bounds the engine's memory, whatever a replay has touched. */
const sessionsAtOnce = 40_000;

/** The token names what is inserted: the embedded engine would else use that of whatever insert came before. The generation and its part stand for `{token}`. */
export const once = 'SETTINGS insert_deduplicate = 1, insert_deduplication_token = {token}, max_partitions_per_insert_block = 0';

/** Rows of `table` without those that a higher version replaced; `key` is the table's order, so the engine reads in order and holds next to nothing. */
export function newestRows(
  table: string,
  { key, version, columns, where }: { readonly key: string; readonly version: string; readonly columns: string; readonly where: string },
): string {
  return `SELECT ${key}, ${columns} FROM stepwright.${table} WHERE ${where} ORDER BY ${key}, ${version} DESC LIMIT 1 BY ${key}`;
}

/**
 * A change is due until a count began after it, and for the little while that an insert takes; and once more when no insert that bears its moment can come to stand
 * any more (`margin`).
 */
export function isDue(change: string, counted: string): string {
  const moment = `toUnixTimestamp64Micro(${change})`;
  const isSettled = `${moment} + {margin:Int64} >= ${counted} AND ${moment} + {margin:Int64} < {generation:UInt64}`;
  return `${counted} < {generation:UInt64} AND (${moment} + {short:Int64} >= ${counted} OR (${isSettled}))`;
}

/** Sessions that changed since the last count, with the moment of their last change. */
export const changedSessions = `
  SELECT tenant_id, session_id, max(changed_at) AS change FROM stepwright.changes
  WHERE session_id != '' AND changed_at >= fromUnixTimestamp64Micro({since:Int64}) GROUP BY tenant_id, session_id`;

/** In the order of the rows' tables: each part of the due sessions reads a stretch of them. */
export const markSessions = `
  INSERT INTO stepwright.sessions_due (generation, chunk, tenant_id, session_id) ${once}
  SELECT {generation:UInt64}, intDiv(row_number() OVER (ORDER BY changed.tenant_id, changed.session_id) - 1, ${sessionsAtOnce}), changed.tenant_id, changed.session_id
  FROM (${changedSessions}) AS changed
  LEFT JOIN (
    SELECT tenant_id, session_id, max(generation) AS generation FROM stepwright.sessions_counted
    WHERE (tenant_id, session_id) IN (SELECT tenant_id, session_id FROM (${changedSessions})) GROUP BY tenant_id, session_id
  ) AS counted ON changed.tenant_id = counted.tenant_id AND changed.session_id = counted.session_id
  WHERE ${isDue('changed.change', 'counted.generation')}`;

export const sessionChunks = `
  SELECT chunk FROM stepwright.sessions_due WHERE generation = {generation:UInt64} GROUP BY chunk ORDER BY chunk`;

const dueSessions =
  'SELECT tenant_id, session_id FROM stepwright.sessions_due WHERE generation = {generation:UInt64} AND chunk = {chunk:UInt32}';
const areDue = `(tenant_id, session_id) IN (${dueSessions})`;

/** A session has one day, that of its opening, whatever comes later. */
const sessions = newestRows('sessions', {
  key: 'tenant_id, session_id, edition',
  version: 'revision',
  columns: 'status, toDate(opened_at) AS day, duration_ms, missed_events, keep_days',
  where: areDue,
});
const guides = newestRows('guides', {
  key: 'tenant_id, session_id, edition',
  version: 'revision',
  columns: 'toUInt64(step_count) AS guide_steps, duration_ms AS guide_ms, toUInt8(1) AS guides',
  where: areDue,
});
const steps = newestRows('steps', {
  key: 'tenant_id, session_id, step_id, edition',
  version: 'revision',
  columns: 'state, kind, application, at_ms, has_image, redaction_kinds, redaction_counts',
  where: areDue,
});

/** Of each name: steps, amount, pictures. `sumMap` is linear in a session's steps, whatever their names. */
const namesOfSteps = `sumMap(
      arrayConcat([concat('kind ', kind), concat('application ', application)], arrayMap(name -> concat('redaction ', name), redaction_kinds)),
      arrayResize([toUInt64(1)], length(redaction_kinds) + 2, toUInt64(1)),
      arrayConcat([toUInt64(1), toUInt64(1)], redaction_counts),
      arrayResize([toUInt64(has_image)], length(redaction_kinds) + 2, toUInt64(has_image))
    )`;

const daysOfSessions = `SELECT tenant_id, session_id, edition, day FROM (${sessions})`;

/** Counts that stand on a day where the session is no longer. What takes their place is kept as long as they are; where none stands any more, none is needed. */
const countsLeft = newestRows('session_counts', {
  key: 'tenant_id, day, session_id, edition',
  version: 'generation',
  columns: 'keep_days',
  where: `(tenant_id, day, session_id, edition) IN (
      SELECT tenant_id, day, session_id, edition FROM stepwright.sessions_counted
      WHERE ${areDue} AND edition != '' AND (tenant_id, session_id, edition, day) NOT IN (${daysOfSessions})
    )`,
});

/** One row an edition; and where a session was counted on another day before, one there that says that it is not on it. */
export const countSessions = `
  INSERT INTO stepwright.session_counts (tenant_id, day, session_id, edition, generation, keep_days, sessions, finished, missed_events, session_ms,
    guides, guide_steps, guide_ms, steps, first_step_ms, names, name_steps, name_amounts, name_images) ${once}
  SELECT s.tenant_id, s.day, s.session_id, s.edition, {generation:UInt64}, s.keep_days, 1, s.status = 'finished', s.missed_events, s.duration_ms,
    g.guides, g.guide_steps, g.guide_ms, t.steps, t.first_step_ms, t.names.1, t.names.2, t.names.3, t.names.4
  FROM (${sessions}) AS s
  LEFT JOIN (
    SELECT tenant_id, session_id, edition, count() AS steps, min(at_ms) AS first_step_ms, ${namesOfSteps} AS names
    FROM (${steps}) WHERE state != 'removed' GROUP BY tenant_id, session_id, edition
  ) AS t ON s.tenant_id = t.tenant_id AND s.session_id = t.session_id AND s.edition = t.edition
  LEFT JOIN (${guides}) AS g ON s.tenant_id = g.tenant_id AND s.session_id = g.session_id AND s.edition = g.edition
  UNION ALL
  SELECT tenant_id, day, session_id, edition, {generation:UInt64}, keep_days, 0, 0, 0, 0, 0, 0, 0, 0, 0, [], [], [], []
  FROM (${countsLeft})`;

/** Written after the counts: what a crash leaves without it is counted again. The empty edition stands for the session itself, which may have no row yet. */
export const markCounted = `
  INSERT INTO stepwright.sessions_counted (tenant_id, session_id, edition, day, generation) ${once}
  SELECT tenant_id, session_id, edition, day, {generation:UInt64} FROM (${daysOfSessions})
  UNION ALL SELECT tenant_id, session_id, '', toDate(0), {generation:UInt64} FROM (${dueSessions})`;
