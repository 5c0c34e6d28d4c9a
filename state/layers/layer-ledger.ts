import { BytePages } from '../../topology/base/byte-pages.ts';
import type { LayerUsage } from '../task-state.ts';
import { entryOverheadBytes } from './entry.ts';

/** A store whose clean entries the ledger may ask to forget. */
export interface Evictable {
  readonly cacheBytes: number;
  /** Forgets cold clean entries, about `bytes` worth, in bounded time. Returns what it freed. */
  evict(bytes: number): number;
}

const slackBytes = 32 * 1024;
const restAfterVainCount = 64;

/** The memory accounts of one task, shared by its stores (K6), and the budget of its cache. */
export class LayerLedger {
  openBytes = 0;
  openCount = 0;
  unflushedBytes = 0;
  unflushedCount = 0;
  /** Of keys and values in the layers: they go together, at a flush. */
  readonly pages = new BytePages();
  readonly #cacheBudgetBytes: number;
  readonly #stores: Evictable[] = [];
  #restCount = 0;

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

  /**
   * Called before an entry is added: takes an excess from the largest store, some more at once so that most calls find room. What is in a
   * layer cannot go and is not counted. When the clock's hand meets only hot entries, the next calls leave it in peace.
   */
  makeRoom(): void {
    if (this.#restCount > 0) {
      this.#restCount--;
      return;
    }
    const layersBytes = this.openBytes + this.unflushedBytes + (this.openCount + this.unflushedCount) * entryOverheadBytes;
    const excessBytes = this.#cacheBytes() - layersBytes - this.#cacheBudgetBytes;
    if (excessBytes <= 0) return;
    let largest: Evictable | undefined;
    for (const store of this.#stores) if (largest === undefined || store.cacheBytes > largest.cacheBytes) largest = store;
    const freedBytes = largest?.evict(excessBytes + slackBytes) ?? 0;
    if (freedBytes < excessBytes) this.#restCount = restAfterVainCount;
  }

  #cacheBytes(): number {
    let sum = 0;
    for (const store of this.#stores) sum += store.cacheBytes;
    return sum;
  }
}
