import type { Metrics } from '../../topology/base/metrics.ts';
import type { LayerUsage, WipeReason } from '../task-state.ts';
import type { TaskStore } from './store-table.ts';

/** The metered part of a task's state. Stores count in plain fields; the fields go to the metrics once a commit. */
export interface StateMetrics {
  report(stores: readonly TaskStore[], usage: LayerUsage): void;
  countLate(store: string): void;
  countWipe(reason: WipeReason): void;
  observeFlush(durationMs: number, diskBytes: number): void;
  /** The task left this process: its gauges go. */
  forget(): void;
}

export function createStateMetrics(taskId: string, metrics: Metrics): StateMetrics {
  const reads = metrics.counter('state_reads_total', 'Reads of a store by key.', ['task', 'store']);
  const misses = metrics.counter('state_read_misses_total', 'Reads that neither cache nor prefetch answered.', ['task', 'store']);
  const late = metrics.counter('store_dropped_records_total', 'Late records dropped by a window or session store.', [
    'task',
    'store',
    'reason',
  ]);
  const wipes = metrics.counter('state_wipes_total', 'Stores deleted, by reason (K5).', ['task', 'reason']);
  const flushes = metrics.histogram('state_flush_seconds', 'From the start of a flush to its written batch.', ['task']);
  const disk = metrics.gauge('state_disk_bytes', 'Files of the store of a task, as of its last flush.', ['task']);
  const bytes = metrics.gauge('state_memory_bytes', 'Memory of a task by layer, estimated.', ['task', 'layer']);
  return {
    report: (stores, usage) => {
      for (const { layers } of stores) {
        const labels = { task: taskId, store: layers.name };
        if (layers.counts.readCount > 0) reads.add(layers.counts.readCount, labels);
        if (layers.counts.missCount > 0) misses.add(layers.counts.missCount, labels);
        layers.counts.readCount = 0;
        layers.counts.missCount = 0;
      }
      bytes.set(usage.cacheBytes, { task: taskId, layer: 'cache' });
      bytes.set(usage.unflushedBytes, { task: taskId, layer: 'unflushed' });
    },
    countLate: (store) => late.add(1, { task: taskId, store, reason: 'late' }),
    countWipe: (reason) => wipes.add(1, { task: taskId, reason }),
    forget: () => {
      for (const layer of ['cache', 'unflushed']) bytes.remove({ task: taskId, layer });
      disk.remove({ task: taskId });
    },
    observeFlush: (durationMs, diskBytes) => {
      flushes.observe(durationMs / 1000, { task: taskId });
      disk.set(diskBytes, { task: taskId });
    },
  };
}
