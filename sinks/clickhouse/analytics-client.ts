/** What analytics needs of a ClickHouse: a server, or the engine in a child process. Calls of one client may run side by side. */
export interface AnalyticsClient {
  /** DDL and mutations. @throws {ANALYTICS_FAILED} */
  command(sql: string, parameters?: QueryParameters): Promise<void>;
  /** All rows or none. A second insert with the same token within the table's window does nothing. @throws {ANALYTICS_FAILED} */
  insert(table: string, rows: readonly AnalyticsRecord[], token: string): Promise<void>;
  /** @throws {ANALYTICS_FAILED} */
  query(sql: string, parameters?: QueryParameters): Promise<readonly AnalyticsRecord[]>;
  close(): Promise<void>;
}

/** Bound by the engine (`{name:Type}`), never put into the SQL. */
export type QueryParameters = Readonly<Record<string, string | number | readonly string[]>>;

export type AnalyticsRecord = Readonly<Record<string, string | number | readonly string[] | readonly number[]>>;
