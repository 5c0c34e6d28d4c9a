import { lines, percentiles, type Board, type BoardRow } from './board.ts';

const progress: BoardRow = {
  title: 'Does it keep up',
  panels: [
    lines({
      title: 'Lag of the processors',
      description:
        'Offsets between what is committed and the end of each input topic. Growing for ten minutes: add a process, or look at the slowest processor.',
      unit: 'short',
      queries: [{ expr: 'sum by (topic) (stepwright_records_lag)', legend: '{{topic}}' }],
    }),
    lines({
      title: 'Lag of the sinks',
      description: 'Offsets between what a sink has applied and the end of its topics. One alone: its server is slow or away.',
      unit: 'short',
      queries: [{ expr: 'sum by (sink) (stepwright_sink_lag_records)', legend: '{{sink}}' }],
    }),
    lines({
      title: 'Records a second',
      description: 'What tasks process and what sinks apply.',
      unit: 'ops',
      queries: [
        { expr: 'sum(rate(stepwright_process_total[$__rate_interval]))', legend: 'processed' },
        { expr: 'sum by (sink) (rate(stepwright_sink_applied_total[$__rate_interval]))', legend: 'sink {{sink}}' },
      ],
    }),
    lines({
      title: 'From event to commit',
      description: 'Age of the last record of each commit.',
      unit: 's',
      queries: percentiles('stepwright_record_e2e_latency_seconds'),
    }),
  ],
};

const commits: BoardRow = {
  title: 'Commits and tasks',
  panels: [
    lines({
      title: 'Duration of a commit',
      description: 'From its start to its fold (K2). Above a second something holds the brokers or the disk up.',
      unit: 's',
      queries: percentiles('stepwright_commit_latency_seconds'),
    }),
    lines({
      title: 'Commits and dropped transactions a second',
      description: 'A dropped transaction is rewound and done again (K4): a few after a rebalance are normal, a steady line is not.',
      unit: 'ops',
      queries: [
        { expr: 'sum(rate(stepwright_commit_total[$__rate_interval]))', legend: 'committed' },
        { expr: 'sum(rate(stepwright_rollback_total[$__rate_interval]))', legend: 'dropped' },
      ],
    }),
    lines({
      title: 'Rebalances',
      description:
        'Assignments that members were given. More than one for each process that comes or goes: a member does not answer in time.',
      unit: 'short',
      queries: [
        { expr: 'sum(increase(stepwright_rebalance_total[$__rate_interval]))', legend: 'rebalances' },
        { expr: 'sum(increase(stepwright_task_created_total[$__rate_interval]))', legend: 'tasks taken' },
        { expr: 'sum(increase(stepwright_task_closed_total[$__rate_interval]))', legend: 'tasks given back' },
      ],
    }),
    lines({
      title: 'Dead letters',
      description: 'Records that could not be processed or that a target refused: stepwright dead-letters list.',
      unit: 'short',
      queries: [
        { expr: 'sum(increase(stepwright_dead_letters_total[$__rate_interval]))', legend: 'processors' },
        { expr: 'sum by (sink) (increase(stepwright_sink_dead_letters_total[$__rate_interval]))', legend: 'sink {{sink}}' },
      ],
    }),
  ],
};

const state: BoardRow = {
  title: 'State',
  panels: [
    lines({
      title: 'Left to restore',
      description: 'Changelog offsets until tasks run again, at most. It should fall without a stop.',
      unit: 'short',
      queries: [{ expr: 'sum by (task) (stepwright_restore_remaining_records) or vector(0)', legend: '{{task}}' }],
    }),
    lines({
      title: 'Behind on standbys',
      description: 'Changelog offsets that copies have not read yet: what a takeover would still have to restore.',
      unit: 'short',
      queries: [{ expr: 'sum by (task) (stepwright_standby_lag_records) or vector(0)', legend: '{{task}}' }],
    }),
    lines({
      title: 'State in memory',
      description: 'Caches and what is committed and not flushed yet, of all tasks (K6).',
      unit: 'bytes',
      queries: [{ expr: 'sum by (layer) (stepwright_state_memory_bytes)', legend: '{{layer}}' }],
    }),
    lines({
      title: 'State on disk',
      description: 'Tables of the stores of all tasks, as of the last flush of each.',
      unit: 'bytes',
      queries: [{ expr: 'sum by (instance) (stepwright_state_disk_bytes)', legend: '{{instance}}' }],
    }),
    lines({
      title: 'Duration of a flush',
      description: 'From the start of a flush to its written batch.',
      unit: 's',
      queries: percentiles('stepwright_state_flush_seconds'),
    }),
    lines({
      title: 'Reads that the memory answered',
      description: 'Share of reads of stores that did not go to RocksDB.',
      unit: 'percentunit',
      queries: [
        {
          expr: '1 - sum(rate(stepwright_state_read_misses_total[$__rate_interval])) / sum(rate(stepwright_state_reads_total[$__rate_interval]))',
          legend: 'hits',
        },
      ],
    }),
    lines({
      title: 'Pictures that wait',
      description: 'Steps whose picture is not made yet, and the age of the oldest. Agents are slowed down when it grows.',
      unit: 'short',
      queries: [
        { expr: 'sum(stepwright_async_pending_calls)', legend: 'waiting' },
        { expr: 'max(stepwright_async_oldest_age_seconds)', legend: 'seconds of the oldest' },
      ],
    }),
  ],
};

const edges: BoardRow = {
  title: 'Sinks, gateway, processes',
  panels: [
    lines({
      title: 'Time to apply a batch',
      description: 'Of each sink, retries included.',
      unit: 's',
      queries: [
        {
          expr: 'histogram_quantile(0.99, sum by (le, sink) (rate(stepwright_sink_apply_seconds_bucket[$__rate_interval])))',
          legend: 'p99 {{sink}}',
        },
      ],
    }),
    lines({
      title: 'Sinks that try again',
      description: 'Batches tried again after their target failed, and sinks that stopped for good.',
      unit: 'short',
      queries: [
        { expr: 'sum by (sink) (increase(stepwright_sink_retries_total[$__rate_interval]))', legend: 'again {{sink}}' },
        { expr: 'max by (sink) (stepwright_sink_failed)', legend: 'stopped {{sink}}' },
      ],
    }),
    lines({
      title: 'Time until an upload is durable',
      description: 'One write of ingest to the log: what an ack waits for.',
      unit: 's',
      queries: percentiles('stepwright_gateway_append_seconds'),
    }),
    lines({
      title: 'Waiting for the log',
      description:
        'Bytes of chunks that are not durable yet, and bytes that were acked into the spool while the brokers were away; the embedded log has none.',
      unit: 'bytes',
      queries: [
        { expr: 'sum(stepwright_gateway_append_queued_bytes)', legend: 'queued' },
        { expr: 'sum(stepwright_gateway_spool_bytes) or vector(0)', legend: 'spooled' },
      ],
    }),
    lines({
      title: 'Memory of processes',
      description: 'Resident, and the heap of JavaScript in it.',
      unit: 'bytes',
      queries: [
        { expr: 'stepwright_process_resident_memory_bytes', legend: '{{instance}} resident' },
        { expr: 'stepwright_nodejs_heap_size_used_bytes', legend: '{{instance}} heap' },
      ],
    }),
    lines({
      title: 'Event loop held up',
      description: '99th percentile of the delay of timers: above 0.2 s everything in that process answers late.',
      unit: 's',
      queries: [{ expr: 'stepwright_nodejs_eventloop_lag_p99_seconds', legend: '{{instance}}' }],
    }),
  ],
};

/** For operators: does it keep up, and if not, where it is held up. */
export const engineBoard: Board = {
  uid: 'stepwright-engine',
  title: 'Stepwright: engine',
  description: 'Lag, commits, restore, rebalances, dead letters and state of all processes.',
  rows: [progress, commits, state, edges],
  hasTenant: false,
};
