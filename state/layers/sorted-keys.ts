/** Past this many keys a chunk is split in two: short enough to splice cheaply, long enough to keep the list of chunks short. */
const maxChunkLength = 512;

/**
 * An ordered set of byte strings, each held as a latin1 string (one character a byte), so that string order is memcmp order.
 * Adding and removing cost two binary searches and a short splice. A walk survives changes: it goes by the last key, not by an index.
 */
export class SortedKeys {
  readonly #chunks: string[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds `key`; nothing happens when it is there. */
  add(key: string): void {
    const at = Math.max(0, this.#chunkOf(key));
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push([key]);
      this.#size++;
      return;
    }
    const index = lowerBound(chunk, key);
    if (chunk[index] === key) return;
    chunk.splice(index, 0, key);
    this.#size++;
    if (chunk.length > maxChunkLength) this.#chunks.splice(at + 1, 0, chunk.splice(maxChunkLength >> 1));
  }

  delete(key: string): void {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    const index = lowerBound(chunk, key);
    if (chunk[index] !== key) return;
    chunk.splice(index, 1);
    this.#size--;
    if (chunk.length === 0) this.#chunks.splice(at, 1);
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#size = 0;
  }

  /** The smallest key at or after `key`. */
  atOrAfter(key: string): string | undefined {
    const at = Math.max(0, this.#chunkOf(key));
    const chunk = this.#chunks[at];
    if (chunk === undefined) return undefined;
    return chunk[lowerBound(chunk, key)] ?? this.#chunks[at + 1]?.[0];
  }

  /** The largest key before `key`. */
  before(key: string): string | undefined {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return undefined;
    return chunk[lowerBound(chunk, key) - 1] ?? this.#chunks[at - 1]?.at(-1);
  }

  last(): string | undefined {
    return this.#chunks.at(-1)?.at(-1);
  }

  /** The last chunk whose first key is at or before `key`; -1 when there is none. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const first = this.#chunks[middle]?.[0];
      if (first !== undefined && first <= key) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** Index of the first element that is not smaller than `key`. */
function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const element = sorted[middle];
    if (element !== undefined && element < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The smallest latin1 string after `key`: a walk goes on at it. */
export function successor(key: string): string {
  return `${key}\0`;
}
