import type { Isolation, RecordBatch } from '../log.ts';
import type { Cursor } from './cursor.ts';
import type { LocalStorage, ReadResult } from './local-storage.ts';

export const defaultMaxBytes = 1_048_576;

/**
 * Gives every cursor with something to read an equal share, in turn, so that a busy partition cannot starve the others and idle ones cost nothing.
 * Positions move with what is handed out, and over what is invisible: together and at the end, so a poll that fails skips nothing.
 */
export class FetchPlan {
  readonly #storage: LocalStorage;
  readonly #isolation: Isolation;
  #lastServed = '';

  constructor(storage: LocalStorage, isolation: Isolation) {
    this.#storage = storage;
    this.#isolation = isolation;
  }

  fetch(cursors: readonly Cursor[], maxBytes: number): readonly RecordBatch[] {
    const reads: { readonly cursor: Cursor; readonly result: ReadResult }[] = [];
    const ready = this.#readyInTurn(cursors);
    let remainingBytes = maxBytes;
    for (const [index, cursor] of ready.entries()) {
      if (remainingBytes <= 0) break;
      const result = this.#read(cursor, Math.ceil(remainingBytes / (ready.length - index)));
      remainingBytes -= result.byteCount;
      reads.push({ cursor, result });
    }
    return reads.flatMap(({ cursor, result: { records, nextOffset } }) => {
      cursor.nextOffset = nextOffset;
      if (records.length === 0) return [];
      this.#lastServed = cursor.key;
      return [{ topic: cursor.topic, partition: cursor.partition, records, nextOffset }];
    });
  }

  /** Those with something to read, beginning behind the one that was served last. */
  #readyInTurn(cursors: readonly Cursor[]): readonly Cursor[] {
    const ready = cursors.filter(
      (cursor) => !cursor.isPaused && this.#storage.range(cursor, this.#isolation).nextOffset !== cursor.nextOffset,
    );
    if (ready.length < 2) return ready;
    const turn = ready.findIndex((cursor) => cursor.key === this.#lastServed) + 1;
    return [...ready.slice(turn), ...ready.slice(0, turn)];
  }

  /** Goes on over stretches where nothing is visible, so that an empty answer means the end and not a gap. */
  #read(cursor: Cursor, maxBytes: number): ReadResult {
    const { topic, partition } = cursor;
    let fromOffset = cursor.nextOffset;
    for (;;) {
      const result = this.#storage.read({ topic, partition, fromOffset, maxBytes, isolation: this.#isolation });
      if (result.records.length > 0 || result.nextOffset === fromOffset) return result;
      fromOffset = result.nextOffset;
    }
  }
}
