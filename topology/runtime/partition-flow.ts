import type { GroupedSource, RecordBatch, TopicPartition, TopicPartitionOffset } from '../log/log.ts';

/**
 * Positions and pauses of the assigned partitions, safe beside a poll that is on its way: what such a poll brings for a partition that was
 * moved meanwhile is void, and the move is made again once it is back. Without that a rewind (K4) could be followed by a batch from behind it.
 */
export class PartitionFlow {
  readonly #source: GroupedSource;
  readonly #pendingSeeks = new Map<string, TopicPartitionOffset>();
  readonly #paused = new Set<string>();
  /** Paused when the last poll began, or paused, resumed or moved since: an empty answer says nothing of them. */
  #disturbed = new Set<string>();
  #isPolling = false;

  constructor(source: GroupedSource) {
    this.#source = source;
  }

  /** Begins a poll. It is on its way until the loop hands its answer to `take`. */
  poll(options: { readonly maxWaitMs: number; readonly maxBytes: number }): Promise<readonly RecordBatch[]> {
    this.#isPolling = true;
    this.#disturbed = new Set(this.#paused);
    return this.#source.poll(options);
  }

  /** What of the answer may be used. Moves what was moved meanwhile once more. */
  take(batches: readonly RecordBatch[]): readonly RecordBatch[] {
    this.#isPolling = false;
    if (this.#pendingSeeks.size === 0) return batches;
    const kept = batches.filter((batch) => !this.#pendingSeeks.has(keyOf(batch)));
    for (const position of this.#pendingSeeks.values()) {
      if (this.#isAssigned(position)) this.#source.seek(position);
    }
    this.#pendingSeeks.clear();
    return kept;
  }

  get isPolling(): boolean {
    return this.#isPolling;
  }

  seek(positions: readonly TopicPartitionOffset[]): void {
    for (const position of positions) {
      if (!this.#isAssigned(position)) continue;
      this.#source.seek(position);
      this.#disturbed.add(keyOf(position));
      if (this.#isPolling) this.#pendingSeeks.set(keyOf(position), position);
    }
  }

  /** Pauses or resumes, when that is a change. */
  setPaused(partitions: readonly TopicPartition[], isPaused: boolean): void {
    const changed = partitions.filter((at) => this.#paused.has(keyOf(at)) !== isPaused && this.#isAssigned(at));
    if (changed.length === 0) return;
    for (const at of changed) {
      this.#disturbed.add(keyOf(at));
      if (isPaused) this.#paused.add(keyOf(at));
      else this.#paused.delete(keyOf(at));
    }
    if (isPaused) this.#source.pause(changed);
    else this.#source.resume(changed);
  }

  isPaused(at: TopicPartition): boolean {
    return this.#paused.has(keyOf(at));
  }

  /** True when the last poll asked for this partition from first to last, at one position: its empty answer is the end of it. */
  wasAsked(at: TopicPartition): boolean {
    return !this.#disturbed.has(keyOf(at));
  }

  /** Forgets partitions that are no longer ours. */
  drop(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) {
      this.#paused.delete(keyOf(at));
      this.#pendingSeeks.delete(keyOf(at));
    }
  }

  #isAssigned(at: TopicPartition): boolean {
    return this.#source.assignment().some((one) => one.topic === at.topic && one.partition === at.partition);
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
