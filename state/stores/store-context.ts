/** What a store facade knows of its task: stream time, and where to count what it drops. */
export interface StoreContext {
  streamTimeMs(): number;
  /** A put behind the retention: dropped, counted as `dropped-records` with the store's name. */
  countLate(storeName: string): void;
}
