/** A page of Grafana, as little as it needs; `render.ts` makes Grafana's JSON of it. */
export interface Board {
  /** Part of the page's address: never changes. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly BoardRow[];
  /** Whether the page asks for a tenant. */
  readonly hasTenant: boolean;
}

export interface BoardRow {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export type Panel = MetricPanel | SqlPanel;

/** Grafana's names of units. */
export type Unit = 'short' | 's' | 'bytes' | 'ops' | 'percentunit';

/** Lines over time from Prometheus. */
export interface MetricPanel {
  readonly kind: 'lines';
  readonly title: string;
  /** What a person does with it. */
  readonly description: string;
  readonly unit: Unit;
  readonly queries: readonly MetricQuery[];
}

export interface MetricQuery {
  readonly expr: string;
  /** With `{{label}}`. */
  readonly legend: string;
}

/** Bars or a table from ClickHouse. */
export interface SqlPanel {
  readonly kind: 'bars' | 'table';
  readonly title: string;
  readonly description: string;
  readonly unit: Unit;
  readonly sql: string;
  /** Of bars: the column that names them, and those that are drawn. */
  readonly columns?: { readonly name: string; readonly drawn: readonly string[] };
}

export function lines(panel: Omit<MetricPanel, 'kind'>): MetricPanel {
  return { kind: 'lines', ...panel };
}

/** Median and 99th percentile of a histogram. */
export function percentiles(histogram: string): readonly MetricQuery[] {
  return [0.5, 0.99].map((share) => ({
    expr: `histogram_quantile(${share}, sum by (le) (rate(${histogram}_bucket[$__rate_interval])))`,
    legend: `p${share * 100}`,
  }));
}
