import type { BatchView } from '../batch/batch-view.ts';

/** The newest batches of one partition, oldest first and without gaps, as they were written. */
export interface Tail {
  readonly batches: BatchView[];
  /** Position of the first cached record; reads from here on need no storage. */
  firstOffset: bigint;
}

/**
 * Keeps what was just written readable without a storage read, within one budget for all partitions: the oldest batch goes first, whichever
 * partition it belongs to. Live readers therefore cost a lookup, and only those that lag read RocksDB.
 */
export class TailCache {
  readonly #maxBytes: number;
  readonly #order: Tail[] = [];
  #oldest = 0;
  #byteCount = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** `tail` and `batch` must belong together, and `batch` follow what `tail` holds. */
  add(tail: Tail, batch: BatchView): void {
    if (tail.batches.length === 0) tail.firstOffset = batch.baseOffset;
    tail.batches.push(batch);
    this.#order.push(tail);
    this.#byteCount += batch.bytes.length;
    while (this.#byteCount > this.#maxBytes) this.#evict();
    if (this.#oldest > 1024 && this.#oldest * 2 > this.#order.length) {
      this.#order.splice(0, this.#oldest);
      this.#oldest = 0;
    }
  }

  /** Lets go of all that `tail` holds, because storage holds it otherwise now. Its places in the order go unused. */
  clear(tail: Tail): void {
    for (const batch of tail.batches) this.#byteCount -= batch.bytes.length;
    tail.firstOffset = (tail.batches.at(-1)?.lastOffset ?? tail.firstOffset - 1n) + 1n;
    tail.batches.length = 0;
  }

  #evict(): void {
    const tail = this.#order[this.#oldest++];
    const batch = tail?.batches.shift();
    if (tail === undefined || batch === undefined) return;
    this.#byteCount -= batch.bytes.length;
    tail.firstOffset = batch.lastOffset + 1n;
  }
}
