/** Tenant analytics; the chdb twin and the ClickHouse server share the SQL. Every query is scoped to one tenant. */
export interface AnalyticsReader {
  /** False when the optional engine is not installed: the rest runs, analytics says that it is off. */
  readonly available: boolean;
  /** Named reports, see sinks/clickhouse/reports.ts. @throws {ANALYTICS_OFF | ANALYTICS_FAILED} */
  report(tenantId: string, name: ReportName, range: TimeRange): Promise<readonly Readonly<Record<string, string | number>>[]>;
}

export type ReportName = 'sessions' | 'steps' | 'guides' | 'usage' | 'redactions' | 'views';
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}
