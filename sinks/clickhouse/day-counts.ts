/** SQL that sums days: sessions from their counts (session-counts.ts), usage and processor times from their rows, each of one tenant and day together. */
import { changedSessions, isDue, newestRows, once } from './session-counts.ts';

/** One statement sums days with about so many changed sessions; each day weighs as much as `leastWeight` more. What it holds are names of days, not sessions. */
const sessionsAtOnce = 200_000;
const leastWeight = 100;
/** Of each day, so many most viewed guides are kept by name. */
const mostViewed = 100;

/** A change of a session is one of each day on which it is or was counted. Newest days first: they are looked at most. */
export const markDays = `
  INSERT INTO stepwright.daily_due (generation, chunk, tenant_id, day) ${once}
  SELECT {generation:UInt64}, intDiv(sum(weight) OVER (ORDER BY day DESC, tenant_id ROWS UNBOUNDED PRECEDING), ${sessionsAtOnce}), tenant_id, day
  FROM (
    SELECT changed.tenant_id AS tenant_id, changed.day AS day, changed.session_count + ${leastWeight} AS weight FROM (
      SELECT tenant_id, day, max(change) AS last_change, count() AS session_count FROM (
        SELECT d.tenant_id AS tenant_id, d.day AS day, c.change AS change
        FROM (
          SELECT DISTINCT tenant_id, session_id, day FROM stepwright.sessions_counted
          WHERE edition != '' AND (tenant_id, session_id) IN (SELECT tenant_id, session_id FROM (${changedSessions}))
        ) AS d
        INNER JOIN (${changedSessions}) AS c ON d.tenant_id = c.tenant_id AND d.session_id = c.session_id
        UNION ALL
        SELECT tenant_id, day, changed_at AS change FROM stepwright.changes
        WHERE session_id = '' AND changed_at >= fromUnixTimestamp64Micro({since:Int64})
      ) GROUP BY tenant_id, day
    ) AS changed
    LEFT JOIN (SELECT tenant_id, day, max(generation) AS generation FROM stepwright.daily_published GROUP BY tenant_id, day) AS published
      ON changed.tenant_id = published.tenant_id AND changed.day = published.day
    WHERE ${isDue('changed.last_change', 'published.generation')}
  )`;

export const dayChunks = `
  SELECT chunk, count() AS days FROM stepwright.daily_due WHERE generation = {generation:UInt64} GROUP BY chunk ORDER BY chunk`;

const dueDays = 'SELECT tenant_id, day FROM stepwright.daily_due WHERE generation = {generation:UInt64} AND chunk = {chunk:UInt32}';

const sessionsOfDays = (columns: string): string =>
  newestRows('session_counts', {
    key: 'tenant_id, day, session_id, edition',
    version: 'generation',
    columns: `sessions, keep_days, ${columns}`,
    where: `(tenant_id, day) IN (${dueDays})`,
  });

const sumDays = `
  INSERT INTO stepwright.daily (tenant_id, day, edition, generation, keep_days, sessions, finished, missed_events, session_ms,
    guides, guide_steps, guide_ms, stepped_sessions, steps, steps_quantiles, first_step_quantiles) ${once}
  SELECT c.tenant_id, c.day, c.edition, {generation:UInt64}, max(c.keep_days), sum(c.sessions), sum(c.finished), sum(c.missed_events), sum(c.session_ms),
    sum(c.guides), sum(c.guide_steps), sum(c.guide_ms), countIf(c.steps > 0), sum(c.steps),
    quantilesTDigestStateIf(0.5, 0.95)(c.steps, c.steps > 0), quantilesTDigestStateIf(0.5, 0.95)(c.first_step_ms, c.steps > 0)
  FROM (${sessionsOfDays('finished, missed_events, session_ms, guides, guide_steps, guide_ms, steps, first_step_ms')}) AS c
  WHERE c.sessions > 0 GROUP BY c.tenant_id, c.day, c.edition`;

const sumNames = `
  INSERT INTO stepwright.daily_names (tenant_id, day, edition, dimension, name, generation, keep_days, steps, sessions, amount, with_image) ${once}
  SELECT tenant_id, day, edition, substringIndex(full_name, ' ', 1) AS dimension, substring(full_name, length(dimension) + 2) AS name,
    {generation:UInt64}, kept, steps, sessions, amount, with_image
  FROM (
    SELECT c.tenant_id AS tenant_id, c.day AS day, c.edition AS edition, full_name, max(c.keep_days) AS kept,
      sum(of_steps) AS steps, count() AS sessions, sum(of_amount) AS amount, sum(of_images) AS with_image
    FROM (${sessionsOfDays('names, name_steps, name_amounts, name_images')}) AS c
    ARRAY JOIN c.names AS full_name, c.name_steps AS of_steps, c.name_amounts AS of_amount, c.name_images AS of_images
    GROUP BY c.tenant_id, c.day, c.edition, full_name
  ) WHERE name != ''`;

const countUsage = `
  INSERT INTO stepwright.daily_usage (tenant_id, day, kind, generation, keep_days, events, sessions, people) ${once}
  SELECT tenant_id, toDate(at) AS day, kind, {generation:UInt64}, max(keep_days), uniqExact(event_id), uniqExact(session_id), uniqExactState(actor)
  FROM stepwright.usage WHERE (tenant_id, toDate(at)) IN (${dueDays}) GROUP BY tenant_id, day, kind`;

const countViews = `
  INSERT INTO stepwright.daily_views (tenant_id, day, session_id, generation, keep_days, views, people) ${once}
  SELECT tenant_id, toDate(at) AS day, session_id, {generation:UInt64}, max(keep_days), uniqExact(event_id) AS views, uniqExact(actor)
  FROM stepwright.usage WHERE kind = 'guide.viewed' AND (tenant_id, toDate(at)) IN (${dueDays}) GROUP BY tenant_id, day, session_id
  ORDER BY tenant_id, day, views DESC, session_id LIMIT ${mostViewed} BY tenant_id, day`;

const countProcessors = `
  INSERT INTO stepwright.daily_processors (tenant_id, day, node, generation, keep_days, records, busy_us, slowest_us) ${once}
  SELECT '' AS tenant_id, toDate(at) AS day, node, {generation:UInt64}, max(t.4), sum(t.1), sum(t.2), max(t.3)
  FROM (
    SELECT node, process, at, any((records, busy_us, slowest_us, keep_days)) AS t FROM stepwright.processor_times
    WHERE ('', toDate(at)) IN (${dueDays}) GROUP BY node, process, at
  ) GROUP BY day, node`;

const publish = `
  INSERT INTO stepwright.daily_published (tenant_id, day, generation) ${once} SELECT tenant_id, day, {generation:UInt64} FROM (${dueDays})`;

/** In this order: readers take what is published. */
export const countDueDays: readonly string[] = [sumDays, sumNames, countUsage, countViews, countProcessors, publish];

export const sweptTables = ['daily', 'daily_names', 'daily_usage', 'daily_views', 'daily_processors'] as const;

export const sweep = (table: string): string => `
  ALTER TABLE stepwright.${table} DELETE WHERE generation < {before:UInt64}
    AND (tenant_id, day, generation) NOT IN (SELECT tenant_id, day, max(generation) FROM stepwright.daily_published GROUP BY tenant_id, day)`;
