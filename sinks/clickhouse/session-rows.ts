import type { AnalyticsClient } from './analytics-client.ts';

type SessionParameters = { readonly tenant: string; readonly session: string };

/**
 * Every table that holds rows of one session, each before those that are made of it: a count that runs meanwhile finds nothing to make a row of again.
 */
const sessionTables = [
  'sessions',
  'steps',
  'guides',
  'usage',
  'changes',
  'sessions_due',
  'session_counts',
  'sessions_counted',
  'daily_views',
] as const;
/** Made of other rows: not told as what went. */
const derivedTables: ReadonlySet<string> = new Set(['changes', 'sessions_due', 'session_counts', 'sessions_counted', 'daily_views']);
const ofSession = 'tenant_id = {tenant:String} AND session_id = {session:String}';

/**
 * Deletes every row of the session, from the files too, and marks its days, so that they are counted without it: before, for a process that dies in between,
 * and after, for a count that came in between. Answers how many rows went.
 */
export async function deleteSessionRows(client: AnalyticsClient, tenantId: string, sessionId: string): Promise<number> {
  const parameters = { tenant: tenantId, session: sessionId };
  const days = await daysOf(client, parameters);
  await markDays(client, tenantId, days);
  let rowCount = 0;
  for (const table of sessionTables) {
    if (!derivedTables.has(table)) rowCount += await countRows(client, `${table} FINAL`, parameters);
    await client.command(`ALTER TABLE stepwright.${table} DELETE WHERE ${ofSession} SETTINGS mutations_sync = 2`, parameters);
  }
  await markDays(client, tenantId, days);
  return rowCount;
}

async function daysOf(client: AnalyticsClient, parameters: SessionParameters): Promise<readonly string[]> {
  const rows = await client.query(
    `SELECT toString(day) AS day FROM (
      SELECT toDate(opened_at) AS day FROM stepwright.sessions WHERE ${ofSession}
      UNION DISTINCT SELECT day FROM stepwright.sessions_counted WHERE ${ofSession} AND edition != ''
      UNION DISTINCT SELECT toDate(at) AS day FROM stepwright.usage WHERE ${ofSession}
    )`,
    parameters,
  );
  return rows.map((row) => String(row['day']));
}

async function markDays(client: AnalyticsClient, tenant: string, days: readonly string[]): Promise<void> {
  if (days.length === 0) return;
  await client.command(
    `INSERT INTO stepwright.changes (tenant_id, session_id, day, changed_at)
    SELECT {tenant:String}, '', toDate(arrayJoin({days:Array(String)})), now64(6, 'UTC')`,
    { tenant, days },
  );
}

/** Rows of the session that a query can still find, by table. */
export async function countSessionRows(client: AnalyticsClient, tenantId: string, sessionId: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const table of sessionTables) counts.set(table, await countRows(client, table, { tenant: tenantId, session: sessionId }));
  return counts;
}

async function countRows(client: AnalyticsClient, from: string, parameters: SessionParameters): Promise<number> {
  const [counted] = await client.query(`SELECT count() AS rows FROM stepwright.${from} WHERE ${ofSession}`, parameters);
  return Number(counted?.['rows'] ?? 0);
}
