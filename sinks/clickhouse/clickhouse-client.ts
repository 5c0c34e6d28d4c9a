import { createClient } from '@clickhouse/client';
import type { ClickHouseClientConfigOptions } from '@clickhouse/client';
import type { AnalyticsClient, AnalyticsRecord } from './analytics-client.ts';
import { classifyClickHouseError } from './clickhouse-errors.ts';

/**
 * The one client of both engines: `{ url, username, password }` for a server, `{ connection }` of `chdb/connection` for the embedded one.
 * Every insert carries its own token, because the embedded engine keeps settings from one statement to the next.
 */
export function createClickHouseClient(options: ClickHouseClientConfigOptions): AnalyticsClient {
  const client = createClient(options);
  return {
    command: (sql, parameters) =>
      classified('run a command', async () => {
        await client.command({ query: sql, ...bound(parameters) });
      }),
    insert: (table, rows, token) =>
      classified('insert', async () => {
        if (rows.length === 0) return;
        const clickhouse_settings = { insert_deduplication_token: token, insert_deduplicate: 1 as const };
        await client.insert({ table, values: [...rows], format: 'JSONEachRow', clickhouse_settings });
      }),
    query: (sql, parameters) =>
      classified('query', async () => {
        const result = await client.query({ query: sql, format: 'JSONEachRow', ...bound(parameters) });
        return result.json<AnalyticsRecord>();
      }),
    close: () => client.close(),
  };
}

function bound(parameters: Readonly<Record<string, string | number>> | undefined): { readonly query_params?: Record<string, unknown> } {
  return parameters === undefined ? {} : { query_params: { ...parameters } };
}

async function classified<Result>(operation: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw classifyClickHouseError(error, operation);
  }
}
