import type { AnalyticsClient } from './analytics-client.ts';
import { countingStatements } from './schema/counting.ts';
import { tableSettings, tableStatements } from './schema/tables.ts';

/** One step of the schema. Statements are safe to run again: a crash between them repeats the whole step. */
interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
}

/** The same SQL for the embedded engine and the server. Append only; a version that was released never changes. */
export const migrations: readonly Migration[] = [
  { version: 2, name: 'rows by month and tenant, days counted from rows, dead letters, processor times', statements: tableStatements },
  {
    version: 3,
    name: 'whose a dead letter is',
    statements: ['ALTER TABLE stepwright.dead_letters ADD COLUMN IF NOT EXISTS tenant_id String'],
  },
  { version: 4, name: 'sessions are counted by themselves, most viewed guides by day', statements: countingStatements },
];

/** Version 1, before any release, had other columns and no partitions. The log has everything that stood there, so it is read again. */
const firstLayout = 1;
const dropFirstLayout = [
  ...['views_a_day_feed', 'redactions'].map((view) => `DROP VIEW IF EXISTS stepwright.${view}`),
  ...['sessions', 'steps', 'guides', 'usage', 'views_a_day', 'sink_progress'].map((table) => `DROP TABLE IF EXISTS stepwright.${table}`),
];

/** How a statement is made to fit the place: a cluster's engines have other names. */
export type Placed = (statement: string) => string;

/** Brings the schema to the newest version; running it twice, or two at once, does no harm. Answers the version. @throws {ANALYTICS_FAILED} */
export async function migrate(client: AnalyticsClient, placed: Placed = (statement) => statement): Promise<number> {
  await client.command(placed('CREATE DATABASE IF NOT EXISTS stepwright'));
  await client.command(
    placed(
      `CREATE TABLE IF NOT EXISTS stepwright.migrations (version UInt32, name String) ENGINE = ReplacingMergeTree ORDER BY version ${tableSettings}`,
    ),
  );
  const rows = await client.query('SELECT DISTINCT version FROM stepwright.migrations');
  const done = new Set(rows.map((row) => Number(row['version'])));
  // Only where it stood: a second process that begins on an empty server must not drop what the first has made.
  if (done.has(firstLayout) && !done.has(firstLayout + 1)) for (const statement of dropFirstLayout) await client.command(placed(statement));
  for (const { version, name, statements } of migrations) {
    if (done.has(version)) continue;
    for (const statement of statements) await client.command(placed(statement));
    await client.insert('stepwright.migrations', [{ version, name }], `migration ${version}`);
  }
  return Math.max(...migrations.map(({ version }) => version));
}
