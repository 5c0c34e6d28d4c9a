/** How many bytes of a deleted session a place still holds, by what they are worth to a reader. */
export interface PlaceFindings {
  /** `topic guide.steps.v1`, `store title-sessions`, `views`, `objects`, `analytics steps`, `keys`. */
  readonly place: string;
  /** Sealed under the key that was destroyed: nobody can read them. */
  readonly unreadableCount: number;
  /** The session's id in a key, a tombstone, a flag, a reference: nothing of its content. */
  readonly idCount: number;
  /** Must be 0. */
  readonly readableCount: number;
}

export type Worth = 'unreadable' | 'id' | 'readable';

/** Counts what the scans find, place by place, in the order of the first find. */
export class Findings {
  readonly #places = new Map<string, Record<Worth, number>>();

  add(place: string, worth: Worth, count = 1): void {
    const counts = this.#places.get(place) ?? { unreadable: 0, id: 0, readable: 0 };
    counts[worth] += count;
    this.#places.set(place, counts);
  }

  /** A place that was looked through, so that the report names it also when there was nothing. */
  looked(place: string): void {
    this.add(place, 'id', 0);
  }

  places(): readonly PlaceFindings[] {
    return [...this.#places].map(([place, { unreadable, id, readable }]) => ({
      place,
      unreadableCount: unreadable,
      idCount: id,
      readableCount: readable,
    }));
  }

  readableCount(): number {
    return this.places().reduce((sum, { readableCount }) => sum + readableCount, 0);
  }
}
