import type { TaskState } from '../../state/task-state.ts';
import type { RuntimeBounds } from './bounds.ts';
import type { MapAsyncNode } from './map-async-node.ts';
import type { RecordCollector } from './record-collector.ts';

/**
 * `open`: take input. `commit`: the open transaction is full, a commit makes room. `flush`: too much is folded and not flushed, a commit
 * begins or repeats the flush. `async`: calls in flight must finish first.
 */
export type AdmissionVerdict = 'open' | 'commit' | 'flush' | 'async';

/** K6: bounds stop admission of new input, never what was admitted, so a full buffer cannot wait for itself. */
export class Admission {
  readonly #bounds: RuntimeBounds;
  readonly #state: TaskState;
  readonly #collector: RecordCollector;

  constructor(bounds: RuntimeBounds, state: TaskState, collector: RecordCollector) {
    this.#bounds = bounds;
    this.#state = state;
    this.#collector = collector;
  }

  judge(asyncNodes: readonly MapAsyncNode[]): AdmissionVerdict {
    const { transactionBytes, transactionRecordCount, unflushedBytes } = this.#bounds;
    const usage = this.#state.usage();
    if (usage.openBytes + this.#collector.byteCount() >= transactionBytes || usage.openCount >= transactionRecordCount) return 'commit';
    if (usage.unflushedBytes >= unflushedBytes) return 'flush';
    return this.asyncShare(asyncNodes) < 1 ? 'open' : 'async';
  }

  /** How full the buffers of calls in flight are; at 1 no input is admitted. */
  asyncShare(asyncNodes: readonly MapAsyncNode[]): number {
    if (asyncNodes.length === 0) return 0;
    const heldBytes = asyncNodes.reduce((sum, node) => sum + node.heldBytes(), 0);
    const heldCount = asyncNodes.reduce((sum, node) => sum + node.heldCount(), 0);
    return Math.max(heldBytes / this.#bounds.asyncBytes, heldCount / this.#bounds.asyncRecordCount);
  }
}
