/** The most recently used keys, unwrapped. Bounded: the least recently used one leaves first. */
export class HotKeys {
  readonly #limitCount: number;
  /** A Map keeps insertion order: the first entry is the one that was not used for the longest time. */
  readonly #keys = new Map<string, Buffer>();

  constructor(limitCount: number) {
    this.#limitCount = limitCount;
  }

  get(scope: string): Buffer | undefined {
    const key = this.#keys.get(scope);
    if (key !== undefined && this.#keys.size >= this.#limitCount) this.set(scope, key);
    return key;
  }

  set(scope: string, key: Buffer): void {
    this.#keys.delete(scope);
    this.#keys.set(scope, key);
    if (this.#keys.size <= this.#limitCount) return;
    for (const oldest of this.#keys.keys()) {
      this.#keys.delete(oldest);
      return;
    }
  }

  delete(scope: string): void {
    this.#keys.delete(scope);
  }

  clear(): void {
    this.#keys.clear();
  }
}
