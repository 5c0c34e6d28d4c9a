import type { AnalyticsClient } from './analytics-client.ts';

/** Every table that holds rows of one session. */
const sessionTables = ['sessions', 'steps', 'guides', 'usage', 'views_a_day', 'changes'] as const;
/** Made of other rows: not told as what went. */
const derivedTables: ReadonlySet<string> = new Set(['views_a_day', 'changes']);
const ofSession = 'tenant_id = {tenant:String} AND session_id = {session:String}';

/** Deletes every row of the session, from the files too, and marks its days, so that they are counted without it. Answers how many rows went. */
export async function deleteSessionRows(client: AnalyticsClient, tenantId: string, sessionId: string): Promise<number> {
  const parameters = { tenant: tenantId, session: sessionId };
  await client.command(
    `INSERT INTO stepwright.changes (tenant_id, session_id, day, changed_at)
    SELECT tenant_id, '' AS session_id, day, now64(6, 'UTC') FROM (
      SELECT tenant_id, toDate(opened_at) AS day FROM stepwright.sessions WHERE ${ofSession}
      UNION DISTINCT SELECT tenant_id, toDate(at) AS day FROM stepwright.usage WHERE ${ofSession}
    )`,
    parameters,
  );
  let rowCount = 0;
  for (const table of sessionTables) {
    if (!derivedTables.has(table)) rowCount += await countRows(client, `${table} FINAL`, parameters);
    await client.command(`ALTER TABLE stepwright.${table} DELETE WHERE ${ofSession} SETTINGS mutations_sync = 2`, parameters);
  }
  return rowCount;
}

/** Rows of the session that a query can still find, by table. */
export async function countSessionRows(client: AnalyticsClient, tenantId: string, sessionId: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const table of sessionTables) counts.set(table, await countRows(client, table, { tenant: tenantId, session: sessionId }));
  return counts;
}

async function countRows(
  client: AnalyticsClient,
  from: string,
  parameters: { readonly tenant: string; readonly session: string },
): Promise<number> {
  const [counted] = await client.query(`SELECT count() AS rows FROM stepwright.${from} WHERE ${ofSession}`, parameters);
  return Number(counted?.['rows'] ?? 0);
}
