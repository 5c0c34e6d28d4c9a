import type { BatchView } from '../batch/batch-view.ts';

/** The newest batches of one partition, oldest first and without gaps, as they were written. */
export interface Tail {
  readonly batches: BatchView[];
  /** Position of the first cached record; reads from here on need no storage. */
  firstOffset: bigint;
}

/** A batch and whose it is. */
interface Place {
  readonly tail: Tail;
  readonly batch: BatchView;
}

/** Below this many places tidying is not worth its while. */
const minTidyCount = 2048;

/**
 * Keeps what was just written readable without a storage read, within one budget for all partitions: the oldest batch goes first, whichever
 * partition it belongs to. Live readers therefore cost a lookup, and only those that lag read RocksDB.
 */
export class TailCache {
  readonly #maxBytes: number;
  /** Every batch held, oldest first, and the places of those that were cleared, until the next tidying. */
  #order: Place[] = [];
  #oldest = 0;
  #heldCount = 0;
  #byteCount = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Places in the order of age; at most twice the batches held, and a few. */
  get placeCount(): number {
    return this.#order.length - this.#oldest;
  }

  /** `tail` and `batch` must belong together, and `batch` follow what `tail` holds. */
  add(tail: Tail, batch: BatchView): void {
    if (tail.batches.length === 0) tail.firstOffset = batch.baseOffset;
    tail.batches.push(batch);
    this.#order.push({ tail, batch });
    this.#heldCount += 1;
    this.#byteCount += batch.bytes.length;
    while (this.#byteCount > this.#maxBytes) this.#evict();
    if (this.#order.length > minTidyCount + 2 * this.#heldCount) this.#tidy();
  }

  /** Lets go of all that `tail` holds, because storage holds it otherwise now. */
  clear(tail: Tail): void {
    for (const batch of tail.batches) this.#byteCount -= batch.bytes.length;
    this.#heldCount -= tail.batches.length;
    tail.firstOffset = (tail.batches.at(-1)?.lastOffset ?? tail.firstOffset - 1n) + 1n;
    tail.batches.length = 0;
  }

  #evict(): void {
    const place = this.#order[this.#oldest++];
    if (place === undefined || !isHeld(place)) return;
    const { tail, batch } = place;
    tail.batches.shift();
    this.#heldCount -= 1;
    this.#byteCount -= batch.bytes.length;
    tail.firstOffset = batch.lastOffset + 1n;
  }

  /** Drops the places of what went, in time that is constant over the batches added since the last tidying. */
  #tidy(): void {
    this.#order = this.#order
      .slice(this.#oldest)
      .filter(({ tail, batch }) => batch.baseOffset >= tail.firstOffset && tail.batches.length > 0);
    this.#oldest = 0;
  }
}

/** Batches of a tail go oldest first, so one that stands is its first. */
function isHeld({ tail, batch }: Place): boolean {
  return tail.batches[0] === batch;
}
