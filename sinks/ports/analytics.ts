/** Tenant analytics; the chdb twin and the ClickHouse server share the SQL. Every query of a tenant's report is scoped to that tenant. */
export interface AnalyticsReader {
  /** False when the optional engine is not installed: the rest runs, analytics says that it is off. */
  readonly available: boolean;
  /** Named reports, see sinks/clickhouse/queries.ts. Days count whole. @throws {ANALYTICS_OFF | ANALYTICS_FAILED} */
  report(tenantId: string, name: ReportName, range: TimeRange): Promise<readonly Readonly<Record<string, string | number>>[]>;
}

/** Reports of one tenant. */
export const tenantReports = [
  'sessions',
  'guides',
  'steps-a-session',
  'first-step',
  'steps',
  'applications',
  'redactions',
  'usage',
  'watchers',
  'views',
  'dead-letters',
] as const;
/** Of the whole deployment, whoever asks: for operators only. */
export const operatorReports = ['all-dead-letters', 'processors', 'tenants'] as const;
export const reportNames = [...tenantReports, ...operatorReports] as const;
export type ReportName = (typeof reportNames)[number];

export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}
