import type { BatchView } from '../../batch/batch-view.ts';
import { transactionEndOf } from '../../batch/control-batch.ts';
import type { Isolation } from '../../log.ts';
import type { AbortedTransaction } from '../requests/read-requests.ts';

/**
 * Which batches of one fetched partition are handed out, as Java's client decides it (`CompletedFetch.java`): the broker names the aborted transactions
 * of the range; one is in force from its first offset to its abort marker. Batches are asked about in offset order; asking twice is harmless.
 */
export class CommittedFilter {
  readonly #isolation: Isolation;
  readonly #aborted: AbortedTransaction[];
  readonly #inForce = new Set<bigint>();

  constructor(isolation: Isolation, aborted: readonly AbortedTransaction[]) {
    this.#isolation = isolation;
    this.#aborted = [...aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  }

  accepts(batch: BatchView): boolean {
    if (this.#isolation === 'read_uncommitted') return !batch.isControl;
    for (let [next] = this.#aborted; next !== undefined && next.firstOffset <= batch.lastOffset; [next] = this.#aborted) {
      this.#inForce.add(next.producerId);
      this.#aborted.shift();
    }
    if (!batch.isControl) return !(batch.isTransactional && this.#inForce.has(batch.producerId));
    if (transactionEndOf(batch) === 'abort') this.#inForce.delete(batch.producerId);
    return false;
  }
}
