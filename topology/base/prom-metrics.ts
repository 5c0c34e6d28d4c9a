import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { StepwrightError } from './errors.ts';
import type { Metrics } from './metrics.ts';

/** The metrics port on prom-client, and the page that Prometheus reads. */
export interface PromMetrics extends Metrics {
  /** Text exposition format. */
  page(): Promise<string>;
  readonly contentType: string;
}

export interface PromMetricsOptions {
  /** Put before every name. Default `stepwright_`. */
  readonly prefix?: string;
  /** Memory, CPU, event loop and garbage collection of the process as well. Default false. */
  readonly process?: boolean;
  /** Added to every sample. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** 1 ms to 10 s: log commits lie in the middle, restores at the end. */
const defaultBucketsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/**
 * One registry of its own, so that two applications in a process do not share numbers. Asking twice for a name gives the same metric.
 * @throws {CONFIG_INVALID} when a name is asked for as another kind of metric or with other labels.
 */
export function createPromMetrics({ prefix = 'stepwright_', process: withProcess = false, labels }: PromMetricsOptions = {}): PromMetrics {
  const registry = new Registry();
  if (labels !== undefined) registry.setDefaultLabels(labels);
  if (withProcess) collectDefaultMetrics({ register: registry, prefix });
  const known = new Map<string, { readonly shape: string; readonly metric: unknown }>();

  const once = <Port>(name: string, shape: string, create: () => Port, isPort: (metric: unknown) => metric is Port): Port => {
    const found = known.get(name);
    if (found === undefined) {
      const metric = create();
      known.set(name, { shape, metric });
      return metric;
    }
    if (found.shape === shape && isPort(found.metric)) return found.metric;
    throw new StepwrightError('CONFIG_INVALID', `metric ${name} is ${found.shape} elsewhere and ${shape} here`, { context: { name } });
  };

  return {
    contentType: registry.contentType,
    page: () => registry.metrics(),
    counter: (name, help, labelNames = []) => {
      const options = { name: prefix + name, help, labelNames: [...labelNames], registers: [registry] };
      const metric = once(
        name,
        shapeOf('a counter', labelNames),
        () => new Counter(options),
        (value) => value instanceof Counter,
      );
      return { add: (amount = 1, labels = {}) => metric.inc(labels, amount) };
    },
    gauge: (name, help, labelNames = []) => {
      const options = { name: prefix + name, help, labelNames: [...labelNames], registers: [registry] };
      const metric = once(
        name,
        shapeOf('a gauge', labelNames),
        () => new Gauge(options),
        (value) => value instanceof Gauge,
      );
      return { set: (value, labels = {}) => metric.set(labels, value), remove: (labels) => metric.remove(labels) };
    },
    histogram: (name, help, labelNames = [], bucketsSeconds = defaultBucketsSeconds) => {
      const options = { name: prefix + name, help, labelNames: [...labelNames], buckets: [...bucketsSeconds], registers: [registry] };
      const metric = once(
        name,
        shapeOf('a histogram', labelNames),
        () => new Histogram(options),
        (value) => value instanceof Histogram,
      );
      return { observe: (valueSeconds, labels = {}) => metric.observe(labels, valueSeconds) };
    },
  };
}

function shapeOf(kind: string, labelNames: readonly string[]): string {
  return labelNames.length === 0 ? kind : `${kind} by ${labelNames.toSorted().join(', ')}`;
}
