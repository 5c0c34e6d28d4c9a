import type { TopicPartition } from '../log/log.ts';
import type { Counter, Gauge, Histogram, Metrics } from '../base/metrics.ts';

const latencyBucketsSeconds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** What only the owner of a task may say: another member says it from now on. */
export function forgetTask(metrics: EngineMetrics, task: string, inputs: readonly TopicPartition[]): void {
  for (const gauge of [metrics.restoreRemaining, metrics.asyncInFlight, metrics.unflushedBytes]) gauge.remove({ task });
  for (const { topic, partition } of inputs) metrics.recordsLag.remove({ topic, partition: String(partition) });
}

/** The engine's metrics, after Kafka Streams' names (`process-rate` → `process_total`, `commit-latency-avg` → `commit_latency_seconds`). */
export interface EngineMetrics {
  readonly process: Counter;
  readonly commit: Counter;
  readonly commitLatency: Histogram;
  readonly rollback: Counter;
  readonly punctuate: Counter;
  readonly droppedRecords: Counter;
  readonly deadLetters: Counter;
  readonly endToEndLatency: Histogram;
  readonly restoreTotal: Counter;
  readonly restoreRemaining: Gauge;
  readonly rebalance: Counter;
  readonly taskCreated: Counter;
  readonly taskClosed: Counter;
  readonly standbyLag: Gauge;
  readonly taskFailures: Counter;
  readonly recordsLag: Gauge;
  readonly asyncInFlight: Gauge;
  readonly asyncPendingCalls: Gauge;
  readonly asyncOldestAge: Gauge;
  readonly unflushedBytes: Gauge;
}

export function createEngineMetrics(metrics: Metrics): EngineMetrics {
  return {
    process: metrics.counter('process_total', 'Records processed', ['task']),
    commit: metrics.counter('commit_total', 'Commits', ['task']),
    commitLatency: metrics.histogram('commit_latency_seconds', 'From the start of a commit to its fold', ['task'], latencyBucketsSeconds),
    rollback: metrics.counter('rollback_total', 'Open transactions dropped in memory (K4)', ['task']),
    punctuate: metrics.counter('punctuate_total', 'Wall-clock punctuations run', ['task']),
    droppedRecords: metrics.counter('dropped_records_total', 'Records dropped, by reason', ['task', 'node', 'reason']),
    deadLetters: metrics.counter('dead_letters_total', 'Records sent to dead letters', ['task']),
    endToEndLatency: metrics.histogram(
      'record_e2e_latency_seconds',
      'Wall clock at commit less event time, of the last record a commit',
      ['task'],
      latencyBucketsSeconds,
    ),
    restoreTotal: metrics.counter('restore_total', 'Changelog records restored', ['task']),
    restoreRemaining: metrics.gauge('restore_remaining_records', 'Changelog offsets left to restore, at most', ['task']),
    rebalance: metrics.counter('rebalance_total', 'Assignments that this member was given, the first one included'),
    taskCreated: metrics.counter('task_created_total', 'Tasks that this member was given'),
    taskClosed: metrics.counter('task_closed_total', 'Tasks that this member gave back or lost'),
    standbyLag: metrics.gauge('standby_lag_records', 'Changelog offsets that a copy here has not read yet, at most', ['task']),
    taskFailures: metrics.counter('task_failures_total', 'Tasks stopped by an error', ['task', 'code']),
    recordsLag: metrics.gauge('records_lag', 'Offsets between the committed position and the end', ['topic', 'partition']),
    asyncInFlight: metrics.gauge('async_in_flight', 'Records held by mapAsync nodes', ['task']),
    asyncPendingCalls: metrics.gauge('async_pending_calls', 'Records of a mapAsync node whose call has no answer yet', ['task', 'node']),
    asyncOldestAge: metrics.gauge('async_oldest_age_seconds', 'How long the oldest call of a mapAsync node has waited', ['task', 'node']),
    unflushedBytes: metrics.gauge('unflushed_bytes', 'Committed state not yet in the store', ['task']),
  };
}
