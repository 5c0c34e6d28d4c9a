import { createHash } from 'node:crypto';
import type { AnalyticsClient } from '../analytics-client.ts';
import { quoteName, quoteText } from './placed.ts';

/**
 * What only a server can do: an analyst's role that sees one tenant's rows, whatever SQL is asked. Needs a user with access management; the embedded
 * engine keeps no users. Row policies hold on the tables, so views, joins and subqueries cannot go round them.
 */
export const analystTables = [
  'sessions',
  'steps',
  'guides',
  'usage',
  'session_counts',
  'daily',
  'daily_names',
  'daily_usage',
  'daily_views',
  'daily_published',
  'dead_letters',
] as const;

/** What a row must be for a role of the tenant to see it. */
export function tenantCondition(tenantId: string): string {
  return `tenant_id = ${quoteText(tenantId)}`;
}

/** Readable, and another for every tenant: what a name cannot hold is told apart by a digest. */
export function tenantRole(tenantId: string): string {
  if (/^[a-z0-9_]{1,64}$/.test(tenantId)) return `stepwright_tenant_${tenantId}`;
  const readable = tenantId.replaceAll(/[^A-Za-z0-9_]/g, '_').slice(0, 40);
  return `stepwright_tenant_${readable}.${createHash('sha256').update(tenantId).digest('hex').slice(0, 12)}`;
}

export interface TenantAccess {
  readonly tenantId: string;
  /** Who writes and reads all rows: once a table has a policy, a user without one sees nothing of it. */
  readonly serviceUser: string;
  readonly cluster?: string | undefined;
}

/** Statements that are safe to run again. Nothing of other tenants changes; the role is given to people with `GRANT`. */
export function tenantAccessStatements({ tenantId, serviceUser, cluster }: TenantAccess): readonly string[] {
  const on = cluster === undefined ? '' : ` ON CLUSTER ${quoteName(cluster)}`;
  const role = quoteName(tenantRole(tenantId));
  const service = quoteName(serviceUser);
  return [
    `CREATE ROLE IF NOT EXISTS ${role}${on} SETTINGS readonly = 1, max_execution_time = 30, max_memory_usage = 4000000000`,
    // The service's own first: from its policy on, whoever has none sees no row.
    ...analystTables.map(
      (table) =>
        `CREATE ROW POLICY OR REPLACE stepwright_service${on} ON stepwright.${table} FOR SELECT USING 1 AS PERMISSIVE TO ${service}`,
    ),
    ...analystTables.flatMap((table) => [
      `CREATE ROW POLICY OR REPLACE ${role}${on} ON stepwright.${table} FOR SELECT USING ${tenantCondition(tenantId)} AS PERMISSIVE TO ${role}`,
      `GRANT${on} SELECT ON stepwright.${table} TO ${role}`,
    ]),
  ];
}

/** Lets a user of the server act in the tenant's role. A user with roles of two tenants sees both. */
export function grantRoleStatement({ tenantId, user, cluster }: Omit<TenantAccess, 'serviceUser'> & { readonly user: string }): string {
  const on = cluster === undefined ? '' : ` ON CLUSTER ${quoteName(cluster)}`;
  return `GRANT${on} ${quoteName(tenantRole(tenantId))} TO ${quoteName(user)}`;
}

/** Takes role and policies of the tenant away; people who had the role see nothing more. */
export function tenantRefusalStatements({ tenantId, cluster }: Omit<TenantAccess, 'serviceUser'>): readonly string[] {
  const on = cluster === undefined ? '' : ` ON CLUSTER ${quoteName(cluster)}`;
  const role = quoteName(tenantRole(tenantId));
  return [
    ...analystTables.map((table) => `DROP ROW POLICY IF EXISTS ${role} ON stepwright.${table}${on}`),
    `DROP ROLE IF EXISTS ${role}${on}`,
  ];
}

/** Runs them in order; a failure in between leaves less access, never more. @throws {ANALYTICS_FAILED} */
export async function runStatements(client: Pick<AnalyticsClient, 'command'>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await client.command(statement);
}
