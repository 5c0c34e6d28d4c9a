import type { ReportName } from '../ports/analytics.ts';

/** Texts of SQL by which a report is narrowed; the gateway binds parameters, a board puts its own variables there. */
export interface ReportScope {
  /** A condition on `tenant_id`. */
  readonly tenant: string;
  /** Expressions of type Date, both inclusive. */
  readonly firstDay: string;
  readonly lastDay: string;
  /** Expression of type String. */
  readonly edition: string;
}

/** `tenant`, `from` and `to` (milliseconds, `to` exclusive) and `edition` are bound by the engine. Days are UTC and count whole. */
export const boundScope: ReportScope = {
  tenant: 'tenant_id = {tenant:String}',
  firstDay: 'toDate(fromUnixTimestamp64Milli({from:Int64}))',
  lastDay: 'toDate(fromUnixTimestamp64Milli(greatest({to:Int64}, 1) - 1))',
  edition: '{edition:String}',
};

const between = (column: string, { firstDay, lastDay }: ReportScope): string => `${column} >= ${firstDay} AND ${column} <= ${lastDay}`;

/** The newest generation of each day that was published whole (rollups.ts); what is being written or was left by a crash is not read. */
const published = (scope: ReportScope): string => `${scope.tenant} AND ${between('day', scope)} AND (tenant_id, day, generation) IN (
      SELECT tenant_id, day, max(generation) FROM stepwright.daily_published WHERE ${scope.tenant} AND ${between('day', scope)} GROUP BY tenant_id, day
    )`;
const ofEdition = (scope: ReportScope): string => `${published(scope)} AND edition = ${scope.edition}`;

/** Columns are part of the contract: API, page and boards read them. */
const statements: Readonly<Record<ReportName, (scope: ReportScope) => string>> = {
  // day, sessions, finished, missed_events, average_seconds
  sessions: (scope) => `
    SELECT toString(day) AS day, sum(d.sessions) AS sessions, sum(d.finished) AS finished, sum(d.missed_events) AS missed_events,
      round(sum(d.session_ms) / greatest(sum(d.sessions), 1) / 1000, 1) AS average_seconds
    FROM (SELECT * FROM stepwright.daily WHERE ${ofEdition(scope)}) AS d GROUP BY day HAVING sessions > 0 ORDER BY day`,
  // day, guides, average_steps, average_seconds
  guides: (scope) => `
    SELECT toString(day) AS day, sum(d.guides) AS guides, round(sum(d.guide_steps) / greatest(sum(d.guides), 1), 1) AS average_steps,
      round(sum(d.guide_ms) / greatest(sum(d.guides), 1) / 1000, 1) AS average_seconds
    FROM (SELECT * FROM stepwright.daily WHERE ${ofEdition(scope)}) AS d GROUP BY day HAVING guides > 0 ORDER BY day`,
  // day, sessions, average_steps, median_steps, p95_steps
  'steps-a-session': (scope) => `
    SELECT toString(day) AS day, sum(d.stepped_sessions) AS sessions, round(sum(d.steps) / greatest(sum(d.stepped_sessions), 1), 1) AS average_steps,
      round(quantilesTDigestMerge(0.5, 0.95)(d.steps_quantiles)[1], 1) AS median_steps,
      round(quantilesTDigestMerge(0.5, 0.95)(d.steps_quantiles)[2], 1) AS p95_steps
    FROM (SELECT * FROM stepwright.daily WHERE ${ofEdition(scope)}) AS d GROUP BY day HAVING sessions > 0 ORDER BY day`,
  // day, sessions, median_seconds, p95_seconds: from the opening to the first step
  'first-step': (scope) => `
    SELECT toString(day) AS day, sum(d.stepped_sessions) AS sessions,
      round(quantilesTDigestMerge(0.5, 0.95)(d.first_step_quantiles)[1] / 1000, 1) AS median_seconds,
      round(quantilesTDigestMerge(0.5, 0.95)(d.first_step_quantiles)[2] / 1000, 1) AS p95_seconds
    FROM (SELECT * FROM stepwright.daily WHERE ${ofEdition(scope)}) AS d GROUP BY day HAVING sessions > 0 ORDER BY day`,
  // kind, steps, sessions, with_image
  steps: (scope) => `
    SELECT name AS kind, sum(n.steps) AS steps, sum(n.sessions) AS sessions, sum(n.with_image) AS with_image
    FROM (SELECT * FROM stepwright.daily_names WHERE ${ofEdition(scope)} AND dimension = 'kind') AS n GROUP BY kind ORDER BY steps DESC, kind`,
  // application, steps, sessions: the twenty with most steps
  applications: (scope) => `
    SELECT name AS application, sum(n.steps) AS steps, sum(n.sessions) AS sessions
    FROM (SELECT * FROM stepwright.daily_names WHERE ${ofEdition(scope)} AND dimension = 'application') AS n
    GROUP BY application ORDER BY steps DESC, application LIMIT 20`,
  // kind, redacted, steps, sessions
  redactions: (scope) => `
    SELECT name AS kind, sum(n.amount) AS redacted, sum(n.steps) AS steps, sum(n.sessions) AS sessions
    FROM (SELECT * FROM stepwright.daily_names WHERE ${ofEdition(scope)} AND dimension = 'redaction') AS n GROUP BY kind ORDER BY redacted DESC, kind`,
  // kind, events, people, sessions: a session counts once for each day on which it was looked at
  usage: (scope) => `
    SELECT u.kind AS kind, sum(u.events) AS events, uniqExactMerge(u.people) AS people, sum(u.sessions) AS sessions
    FROM (SELECT * FROM stepwright.daily_usage WHERE ${published(scope)}) AS u GROUP BY kind ORDER BY kind`,
  // day, watchers, watched_sessions, viewers, views
  watchers: (scope) => `
    SELECT toString(day) AS day, uniqExactMergeIf(u.people, u.kind = 'live.watched') AS watchers, sumIf(u.sessions, u.kind = 'live.watched') AS watched_sessions,
      uniqExactMergeIf(u.people, u.kind = 'guide.viewed') AS viewers, sumIf(u.events, u.kind = 'guide.viewed') AS views
    FROM (SELECT * FROM stepwright.daily_usage WHERE ${published(scope)}) AS u GROUP BY day ORDER BY day`,
  // day, session_id, views, people: the hundred most viewed of each day
  views: (scope) => `
    SELECT toString(v.day) AS day, v.session_id AS session_id, sum(v.views) AS views, sum(v.people) AS people
    FROM (SELECT * FROM stepwright.daily_views WHERE ${published(scope)}) AS v
    GROUP BY day, session_id ORDER BY day, views DESC, session_id LIMIT 100 BY day`,
  // day, node, code, letters: the fifty most frequent of each day
  'dead-letters': (scope) => `
    SELECT toString(toDate(at)) AS day, node, code, uniqExact((partition, letter_offset)) AS letters
    FROM stepwright.dead_letters WHERE ${scope.tenant} AND ${between('toDate(at)', scope)} GROUP BY day, node, code ORDER BY day, letters DESC, node, code LIMIT 50 BY day`,
  // day, tenant, node, code, letters: of everybody, and with an empty tenant those whose record named none; the fifty most frequent of each day
  'all-dead-letters': (scope) => `
    SELECT toString(toDate(at)) AS day, tenant_id AS tenant, node, code, uniqExact((partition, letter_offset)) AS letters
    FROM stepwright.dead_letters WHERE ${between('toDate(at)', scope)} GROUP BY day, tenant, node, code ORDER BY day, letters DESC, tenant, node, code LIMIT 50 BY day`,
  // node, records, mean_us, slowest_ms, busy_seconds: slowest mean first
  processors: (scope) => `
    SELECT p.node AS node, sum(p.records) AS records, round(sum(p.busy_us) / greatest(sum(p.records), 1), 1) AS mean_us,
      round(max(p.slowest_us) / 1000, 2) AS slowest_ms, round(sum(p.busy_us) / 1000000, 1) AS busy_seconds
    FROM (SELECT * FROM stepwright.daily_processors WHERE ${published({ ...scope, tenant: "tenant_id = ''" })}) AS p
    GROUP BY node ORDER BY mean_us DESC, node`,
  // tenant: who has anything in these days
  tenants: (scope) => `
    SELECT DISTINCT tenant_id AS tenant FROM stepwright.daily_published WHERE tenant_id != '' AND ${between('day', scope)} ORDER BY tenant LIMIT 1000`,
};

/** One report as SQL. Sums only what was counted from final rows, so rows that came twice, late or in another edition change nothing. */
export function reportSql(name: ReportName, scope: ReportScope = boundScope): string {
  return statements[name](scope);
}
