import type { ReportName } from '../ports/analytics.ts';

/**
 * One statement a report. Each is scoped by `{tenant:String}` where it reads, counts ids and takes the newest revision of a row, so rows that
 * come twice or are not merged yet change nothing. Times are milliseconds, `from` inclusive, `to` exclusive. Columns are part of the contract.
 */
const inRange = (column: string): string =>
  `${column} >= fromUnixTimestamp64Milli({from:Int64}) AND ${column} < fromUnixTimestamp64Milli({to:Int64})`;
const ownLive = "tenant_id = {tenant:String} AND edition = 'live'";
const own = 'tenant_id = {tenant:String}';
const closing = 'SETTINGS output_format_json_quote_64bit_integers = 0, max_execution_time = 30';

export const reportStatements: Readonly<Record<ReportName, string>> = {
  // day, sessions, finished, missed_events, average_seconds
  sessions: `
    SELECT toString(toDate(last.2)) AS day, count() AS sessions, countIf(last.1 = 'finished') AS finished,
      sum(last.4) AS missed_events, round(avg(last.3) / 1000, 1) AS average_seconds
    FROM (
      SELECT session_id, argMax((status, opened_at, duration_ms, missed_events), revision) AS last
      FROM stepwright.sessions WHERE ${ownLive} GROUP BY session_id
    ) WHERE ${inRange('last.2')} GROUP BY day ORDER BY day ${closing}`,
  // kind, steps, sessions, with_image
  steps: `
    SELECT last.2 AS kind, count() AS steps, uniqExact(session_id) AS sessions, countIf(last.3 = 1) AS with_image
    FROM (
      SELECT session_id, step_id, argMax((state, kind, has_image, recorded_at), revision) AS last
      FROM stepwright.steps WHERE ${ownLive} GROUP BY session_id, step_id
    ) WHERE last.1 != 'removed' AND ${inRange('last.4')} GROUP BY kind ORDER BY steps DESC, kind ${closing}`,
  // day, guides, average_steps, average_seconds
  guides: `
    SELECT toString(toDate(last.1)) AS day, count() AS guides, round(avg(last.2), 1) AS average_steps, round(avg(last.3) / 1000, 1) AS average_seconds
    FROM (
      SELECT session_id, argMax((recorded_at, step_count, duration_ms), revision) AS last
      FROM stepwright.guides WHERE ${ownLive} GROUP BY session_id
    ) WHERE ${inRange('last.1')} GROUP BY day ORDER BY day ${closing}`,
  // kind, events, people, sessions
  usage: `
    SELECT kind, uniqExact(event_id) AS events, uniqExact(actor) AS people, uniqExact(session_id) AS sessions
    FROM stepwright.usage WHERE ${own} AND ${inRange('at')} GROUP BY kind ORDER BY kind ${closing}`,
  // kind, redacted, steps, sessions
  redactions: `
    SELECT kind, sum(count) AS redacted, uniqExact((session_id, step_id)) AS steps, uniqExact(session_id) AS sessions
    FROM stepwright.redactions WHERE ${ownLive} AND ${inRange('recorded_at')} GROUP BY kind ORDER BY redacted DESC, kind ${closing}`,
  // day, session_id, views, people
  views: `
    SELECT toString(viewed_on) AS day, session_id, uniqExactMerge(events) AS views, uniqExactMerge(actors) AS people
    FROM stepwright.views_a_day
    WHERE ${own} AND kind = 'guide.viewed' AND viewed_on >= toDate(fromUnixTimestamp64Milli({from:Int64})) AND viewed_on <= toDate(fromUnixTimestamp64Milli({to:Int64}))
    GROUP BY day, session_id ORDER BY day, views DESC, session_id ${closing}`,
};
