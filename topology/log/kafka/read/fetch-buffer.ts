import type { RecordBatch, TopicPartition, TopicPartitionOffset } from '../../log.ts';
import type { Cursor } from '../../local/cursor.ts';
import { partitionKey } from '../../local/partition-key.ts';
import type { FetchedPartition } from './fetched-partition.ts';

/** Without a position it is not fetched. */
export type FetchCursor = Cursor<bigint | undefined>;

/**
 * What was fetched and not yet handed out, and what went wrong meanwhile. Both belong to the position that was asked for: when the cursor stands elsewhere
 * by now (a seek), they are dropped.
 */
export class FetchBuffer {
  readonly #fetched = new Map<string, FetchedPartition>();
  readonly #failures = new Map<string, { readonly fromOffset: bigint; readonly error: Error }>();
  #lastServed = '';

  put(at: TopicPartition, fetched: FetchedPartition): void {
    this.#fetched.set(partitionKey(at), fetched);
  }

  /** `error` is thrown by the next `take` of this position. */
  fail(at: TopicPartitionOffset, error: Error): void {
    this.#failures.set(partitionKey(at), { fromOffset: at.nextOffset, error });
  }

  holds({ key, nextOffset }: FetchCursor): boolean {
    return nextOffset !== undefined && this.#fetched.get(key)?.nextOffset === nextOffset;
  }

  /**
   * An equal share of `maxBytes` for each cursor with something there. `hasMoved` also when all of it was invisible. Moves nothing when it throws: what
   * was taken before a failure is handed out first.
   */
  take(cursors: readonly FetchCursor[], maxBytes: number): { readonly batches: readonly RecordBatch[]; readonly hasMoved: boolean } {
    const batches: RecordBatch[] = [];
    let hasMoved = false;
    let remainingBytes = maxBytes;
    const ready = this.#readyInTurn(cursors);
    for (const [index, [cursor, fetched]] of ready.entries()) {
      if (remainingBytes <= 0) break;
      const taken = this.#takeOne(cursor, fetched, Math.ceil(remainingBytes / (ready.length - index)));
      if (taken === undefined) continue;
      const { records, byteCount } = taken;
      if (fetched.isExhausted) this.#fetched.delete(cursor.key);
      cursor.nextOffset = fetched.nextOffset;
      hasMoved = true;
      if (records.length === 0) continue;
      remainingBytes -= byteCount;
      this.#lastServed = cursor.key;
      batches.push({ topic: cursor.topic, partition: cursor.partition, records, nextOffset: fetched.nextOffset });
    }
    if (!hasMoved) for (const [cursor] of ready) this.#throwFailure(cursor);
    return { batches, hasMoved };
  }

  /** Nothing when the bytes cannot be read: they are dropped, and the failure waits for the next `take` of this position. */
  #takeOne(cursor: FetchCursor, fetched: FetchedPartition, maxBytes: number): ReturnType<FetchedPartition['take']> | undefined {
    try {
      return fetched.take(maxBytes);
    } catch (error) {
      this.#fetched.delete(cursor.key);
      if (!(error instanceof Error) || cursor.nextOffset === undefined) throw error;
      this.fail({ topic: cursor.topic, partition: cursor.partition, nextOffset: cursor.nextOffset }, error);
      return undefined;
    }
  }

  /** What was fetched for the cursors' positions, beginning behind the one that was served last. */
  #readyInTurn(cursors: readonly FetchCursor[]): readonly (readonly [FetchCursor, FetchedPartition])[] {
    const ready: (readonly [FetchCursor, FetchedPartition])[] = [];
    for (const cursor of cursors) {
      if (cursor.isPaused) continue;
      this.#throwFailure(cursor);
      const fetched = this.#fetched.get(cursor.key);
      if (fetched === undefined) continue;
      if (fetched.nextOffset === cursor.nextOffset) ready.push([cursor, fetched]);
      else this.#fetched.delete(cursor.key);
    }
    const turn = ready.findIndex(([{ key }]) => key === this.#lastServed) + 1;
    return [...ready.slice(turn), ...ready.slice(0, turn)];
  }

  #throwFailure(cursor: FetchCursor): void {
    const failure = this.#failures.get(cursor.key);
    if (failure === undefined) return;
    this.#failures.delete(cursor.key);
    if (failure.fromOffset === cursor.nextOffset) throw failure.error;
  }
}
