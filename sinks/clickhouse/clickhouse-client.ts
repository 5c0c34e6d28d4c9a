import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { ClickHouseClientConfigOptions, ClickHouseSettings } from '@clickhouse/client';
import type { AnalyticsClient, AnalyticsRecord, QueryParameters } from './analytics-client.ts';
import { classifyClickHouseError, type Spoken } from './clickhouse-errors.ts';
import type { ClickHouseServerOptions } from './server/server-options.ts';

/**
 * Of every insert, since the embedded engine keeps settings from one statement to the next. A block that is dropped as a repeat still reaches the views
 * behind the table, which drop it themselves or do not mind: else a crash between table and view would leave the view without it. A replay may bring
 * rows of any number of months at once.
 */
const insertSettings = {
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  max_partitions_per_insert_block: '0',
  async_insert: 0,
} as const satisfies ClickHouseSettings;

/** Rows written to a majority of replicas, and read by whoever comes next wherever that is: positions and counts build on it. */
const clusterSettings: ClickHouseSettings = {
  insert_quorum: 'auto',
  insert_quorum_parallel: 0,
  select_sequential_consistency: '1',
  allow_nondeterministic_mutations: 1,
};

/** A server over HTTP. Does not connect before the first call. */
export function createServerClient({ url, user, password, tlsCa, cluster, timeoutMs }: ClickHouseServerOptions): AnalyticsClient {
  return createClickHouseClient({
    url,
    username: user,
    password,
    request_timeout: timeoutMs,
    ...(tlsCa !== undefined && { tls: { ca_cert: Buffer.from(tlsCa) } }),
    compression: { request: true, response: true },
    application: 'stepwright',
    ...(cluster !== undefined && { clickhouse_settings: clusterSettings }),
  });
}

/** The one client of both engines: `{ url, username, password }` for a server, `{ connection }` of `chdb/connection` for the embedded one. It logs nothing: its lines quote SQL and rows. */
export function createClickHouseClient(options: ClickHouseClientConfigOptions): AnalyticsClient {
  const client = createClient({ ...options, log: { level: ClickHouseLogLevel.OFF } });
  const to: Spoken = options.url === undefined ? 'engine' : 'server';
  const classified = <Result>(operation: string, work: () => Promise<Result>): Promise<Result> =>
    work().catch((error: unknown) => {
      throw classifyClickHouseError(error, operation, to);
    });
  return {
    command: (sql, parameters) =>
      classified('run a command', async () => {
        await client.command({ query: sql, ...bound(parameters) });
      }),
    insert: (table, rows, token) =>
      classified('insert', async () => {
        if (rows.length === 0) return;
        const clickhouse_settings = { ...insertSettings, insert_deduplication_token: token };
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

function bound(parameters: QueryParameters | undefined): { readonly query_params?: Record<string, unknown> } {
  return parameters === undefined ? {} : { query_params: { ...parameters } };
}
