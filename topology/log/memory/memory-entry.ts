import type { InputRecord } from '../log.ts';

/** A transaction as its records see it. While it is open, its first record holds the last stable offset back. */
export interface MemoryTransaction {
  state: 'open' | 'committed' | 'aborted';
}

/** What stands at one offset. A marker ends a transaction in this partition and is never handed out. */
export interface MemoryEntry {
  readonly offset: bigint;
  readonly record: InputRecord | undefined;
  readonly transaction: MemoryTransaction | undefined;
  readonly appendedAtMs: number;
  readonly byteCount: number;
}
