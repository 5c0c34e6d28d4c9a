/** Metrics port; the prom-client adapter is beside it. Names follow Kafka Streams where one exists (`process-rate` → `process_total`). */
export interface Metrics {
  counter(name: string, help: string, labelNames?: readonly string[]): Counter;
  gauge(name: string, help: string, labelNames?: readonly string[]): Gauge;
  /** `bucketsSeconds` are upper bounds, ascending; observed values are seconds. */
  histogram(name: string, help: string, labelNames?: readonly string[], bucketsSeconds?: readonly number[]): Histogram;
}

export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  add(amount?: number, labels?: Labels): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
  remove(labels: Labels): void;
}

export interface Histogram {
  observe(valueSeconds: number, labels?: Labels): void;
}

const nothing = { add: () => {}, set: () => {}, remove: () => {}, observe: () => {} };

/** Counts nothing: the default of libraries and tests. */
export const silentMetrics: Metrics = {
  counter: () => nothing,
  gauge: () => nothing,
  histogram: () => nothing,
};
