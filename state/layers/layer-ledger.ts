import type { LayerUsage } from '../task-state.ts';

/** A store whose clean entries the ledger may ask to forget. */
export interface Evictable {
  readonly cacheBytes: number;
  /** Forgets cold clean entries, about `bytes` worth, in bounded time. Returns what it freed. */
  evict(bytes: number): number;
}

/** The memory accounts of one task, shared by its stores (K6), and the budget of its cache. */
export class LayerLedger {
  openBytes = 0;
  openCount = 0;
  unflushedBytes = 0;
  unflushedCount = 0;
  readonly #cacheBudgetBytes: number;
  readonly #stores: Evictable[] = [];

  constructor(cacheBudgetBytes: number) {
    this.#cacheBudgetBytes = cacheBudgetBytes;
  }

  register(store: Evictable): void {
    this.#stores.push(store);
  }

  usage(): LayerUsage {
    const { openBytes, openCount, unflushedBytes, unflushedCount } = this;
    return { openBytes, openCount, unflushedBytes, unflushedCount, cacheBytes: this.#cacheBytes() };
  }

  /** Called before an entry is added: takes an excess from the largest store. Never more than a bounded step, so it costs a record little. */
  makeRoom(): void {
    const excessBytes = this.#cacheBytes() - this.#cacheBudgetBytes;
    if (excessBytes <= 0) return;
    let largest: Evictable | undefined;
    for (const store of this.#stores) if (largest === undefined || store.cacheBytes > largest.cacheBytes) largest = store;
    largest?.evict(excessBytes);
  }

  #cacheBytes(): number {
    let sum = 0;
    for (const store of this.#stores) sum += store.cacheBytes;
    return sum;
  }
}
