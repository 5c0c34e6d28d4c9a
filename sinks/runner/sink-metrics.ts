import type { Metrics } from '../../topology/base/metrics.ts';
import type { TopicPartition } from '../../topology/log/log.ts';

/** The numbers of one sink. */
export interface SinkMetrics {
  applied(rowCount: number, seconds: number): void;
  retried(): void;
  refused(): void;
  skipped(): void;
  reset(reason: string): void;
  failed(isFailed: boolean): void;
  lag(partition: TopicPartition, records: number): void;
}

export function createSinkMetrics(metrics: Metrics, sink: string): SinkMetrics {
  const labels = { sink };
  const applied = metrics.counter('sink_applied_total', 'Records applied by a sink.', ['sink']);
  const seconds = metrics.histogram('sink_apply_seconds', 'Time to apply one batch, retries included.', ['sink']);
  const retries = metrics.counter('sink_retries_total', 'Batches tried again after a failure of the target.', ['sink']);
  const refused = metrics.counter('sink_dead_letters_total', 'Records that a sink could not read or its target refused.', ['sink']);
  const skipped = metrics.counter('sink_void_records_total', 'Records of deleted sessions that a sink passed over.', ['sink']);
  const resets = metrics.counter('sink_position_resets_total', 'Stored positions that the log no longer has.', ['sink', 'reason']);
  const failed = metrics.gauge('sink_failed', '1 while a sink has stopped because of an error.', ['sink']);
  const lag = metrics.gauge('sink_lag_records', 'Offsets between what a sink applied and the end of its partition; an upper bound.', [
    'sink',
    'topic',
    'partition',
  ]);
  // From zero on: a counter that begins with its first event hides that one from `increase()`.
  for (const counter of [applied, retries, refused, skipped]) counter.add(0, labels);
  failed.set(0, labels);
  return {
    applied: (rowCount, duration) => {
      applied.add(rowCount, labels);
      seconds.observe(duration, labels);
    },
    retried: () => retries.add(1, labels),
    refused: () => refused.add(1, labels),
    skipped: () => skipped.add(1, labels),
    reset: (reason) => resets.add(1, { sink, reason }),
    failed: (isFailed) => failed.set(isFailed ? 1 : 0, labels),
    lag: ({ topic, partition }, records) => lag.set(records, { sink, topic, partition: String(partition) }),
  };
}
