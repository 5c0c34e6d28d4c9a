import type { TopicPartitionOffset } from '../../topology/log/log.ts';
import { partitionId } from './pending-batch.ts';

interface Waiter {
  readonly positions: readonly TopicPartitionOffset[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Knows how far a sink has come and tells who waits for it. */
export class PositionWaiters {
  readonly #applied = new Map<string, TopicPartitionOffset>();
  readonly #waiters = new Set<Waiter>();
  #ended: Error | undefined;

  applied(): readonly TopicPartitionOffset[] {
    return [...this.#applied.values()];
  }

  advance({ topic, partition, nextOffset }: TopicPartitionOffset): void {
    this.#applied.set(partitionId({ topic, partition }), { topic, partition, nextOffset });
    for (const waiter of this.#waiters) {
      if (!this.#isReached(waiter.positions)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  whenApplied(positions: readonly TopicPartitionOffset[]): Promise<void> {
    if (this.#isReached(positions)) return Promise.resolve();
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => this.#waiters.add({ positions, resolve, reject }));
  }

  /** Nothing more will be applied. */
  end(error: Error): void {
    this.#ended = error;
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters.clear();
  }

  #isReached(positions: readonly TopicPartitionOffset[]): boolean {
    return positions.every((position) => (this.#applied.get(partitionId(position))?.nextOffset ?? -1n) >= position.nextOffset);
  }
}
