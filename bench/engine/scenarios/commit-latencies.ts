import type { Histogram, Metrics } from '../../../topology/base/metrics.ts';
import { silentMetrics } from '../../../topology/base/metrics.ts';

/** A metrics port that keeps each commit's latency, in milliseconds and in order, and nothing else. */
export function collectCommitLatencies(): { readonly metrics: Metrics; readonly latenciesMs: number[] } {
  const latenciesMs: number[] = [];
  const collect: Histogram = { observe: (seconds) => void latenciesMs.push(seconds * 1000) };
  const metrics: Metrics = {
    ...silentMetrics,
    histogram: (name, help) => (name === 'commit_latency_seconds' ? collect : silentMetrics.histogram(name, help)),
  };
  return { metrics, latenciesMs };
}
