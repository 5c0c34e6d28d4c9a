import type { Entry } from './entry.ts';
import { SortedKeys } from './sorted-keys.ts';

/**
 * The entries in any layer, in key order, for range scans. Idle until the first scan of its store: stores that are only
 * read by key never pay for order.
 */
export class DirtyIndex<V> {
  #active = false;
  readonly #keys = new SortedKeys();
  readonly #entries = new Map<string, Entry<V>>();

  /** Begins to keep order, with what is in the layers now. */
  activate(entries: () => Iterable<Entry<V>>): void {
    if (this.#active) return;
    this.#active = true;
    for (const entry of entries()) this.add(entry);
  }

  add(entry: Entry<V>): void {
    if (!this.#active || entry.keyBytes === undefined) return;
    const order = entry.keyBytes.toString('latin1');
    this.#keys.add(order);
    this.#entries.set(order, entry);
  }

  remove(entry: Entry<V>): void {
    if (!this.#active || entry.keyBytes === undefined) return;
    const order = entry.keyBytes.toString('latin1');
    this.#keys.delete(order);
    this.#entries.delete(order);
  }

  atOrAfter(order: string): string | undefined {
    return this.#keys.atOrAfter(order);
  }

  before(order: string): string | undefined {
    return this.#keys.before(order);
  }

  last(): string | undefined {
    return this.#keys.last();
  }

  entry(order: string): Entry<V> | undefined {
    return this.#entries.get(order);
  }
}
