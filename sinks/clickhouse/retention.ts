import type { AnalyticsClient, QueryParameters } from './analytics-client.ts';

/** How long a tenant's rows are kept, in days; 0 keeps them. */
export interface Retention {
  readonly days: number;
  readonly daysOf: ReadonlyMap<string, number>;
}

export const keepAll: Retention = { days: 0, daysOf: new Map() };

export function keptDays({ days, daysOf }: Retention, tenantId: string): number {
  return daysOf.get(tenantId) ?? days;
}

const keptTables = [
  'sessions',
  'steps',
  'guides',
  'usage',
  'dead_letters',
  'session_counts',
  'daily',
  'daily_names',
  'daily_usage',
  'daily_views',
];

/** Of no tenant: the default is theirs. */
const deploymentTables = ['processor_times', 'daily_processors'];

/**
 * Rows bear the days of the policy that was in force when they came; a policy that changed since the last start is written into those that stand.
 * Safe to repeat. The default has no tenant's name (no tenant's is empty).
 * @throws {ANALYTICS_FAILED}
 */
export async function applyRetention(client: AnalyticsClient, retention: Retention): Promise<void> {
  const rows = await client.query('SELECT tenant_id, argMax(days, set_at) AS days FROM stepwright.kept_days GROUP BY tenant_id');
  const known = new Map(rows.map((row) => [String(row['tenant_id']), Number(row['days'])]));
  const standingDefault = known.get('') ?? 0;
  const tenants = new Set([...known.keys(), ...retention.daysOf.keys()].filter((tenantId) => tenantId !== ''));
  if (standingDefault !== retention.days) {
    const parameters = { days: retention.days, except: [...retention.daysOf.keys()] };
    await setDays(client, 'NOT has({except:Array(String)}, tenant_id)', parameters);
    await setDays(client, '1', { days: retention.days }, deploymentTables);
    await remember(client, '', retention.days);
  }
  for (const tenantId of tenants) {
    const days = keptDays(retention, tenantId);
    if ((known.get(tenantId) ?? standingDefault) === days) continue;
    await setDays(client, 'tenant_id = {tenant:String}', { days, tenant: tenantId });
    await remember(client, tenantId, days);
  }
}

async function setDays(
  client: AnalyticsClient,
  where: string,
  parameters: QueryParameters,
  tables: readonly string[] = keptTables,
): Promise<void> {
  for (const table of tables) {
    await client.command(
      `ALTER TABLE stepwright.${table} UPDATE keep_days = {days:UInt16} WHERE ${where} SETTINGS mutations_sync = 2`,
      parameters,
    );
  }
}

async function remember(client: AnalyticsClient, tenantId: string, days: number): Promise<void> {
  const [now] = await client.query("SELECT toString(toUnixTimestamp64Micro(now64(6, 'UTC'))) AS us");
  const setAt = String(now?.['us'] ?? '0');
  await client.insert('stepwright.kept_days', [{ tenant_id: tenantId, days, set_at: setAt }], `kept ${tenantId} ${days} ${setAt}`);
}
