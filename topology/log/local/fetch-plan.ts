import type { Isolation, RecordBatch, TopicPartition } from '../log.ts';
import type { LocalStorage, ReadResult } from './local-storage.ts';
import { partitionKey } from './partition-key.ts';

export const defaultMaxBytes = 1_048_576;

/** A partition that is being read and the position of the next record. */
export interface Cursor extends TopicPartition {
  readonly key: string;
  nextOffset: bigint;
  isPaused: boolean;
}

export function createCursor(at: TopicPartition, nextOffset: bigint): Cursor {
  return { topic: at.topic, partition: at.partition, key: partitionKey(at), nextOffset, isPaused: false };
}

/**
 * Reads a share of every cursor, the one after the last served first, so that a busy partition cannot starve the others.
 * Positions move with what is handed out, and over what is invisible.
 */
export class FetchPlan {
  readonly #storage: LocalStorage;
  readonly #isolation: Isolation;
  #turn = 0;

  constructor(storage: LocalStorage, isolation: Isolation) {
    this.#storage = storage;
    this.#isolation = isolation;
  }

  fetch(cursors: readonly Cursor[], maxBytes: number): readonly RecordBatch[] {
    const batches: RecordBatch[] = [];
    let remainingBytes = maxBytes;
    const first = this.#turn;
    for (let step = 0; step < cursors.length && remainingBytes > 0; step++) {
      const cursor = cursors[(first + step) % cursors.length];
      if (cursor === undefined || cursor.isPaused) continue;
      const share = Math.ceil(remainingBytes / (cursors.length - step));
      const result = this.#read(cursor, share);
      if (result.records.length === 0) continue;
      remainingBytes -= result.byteCount;
      this.#turn = (first + step + 1) % cursors.length;
      batches.push({ topic: cursor.topic, partition: cursor.partition, records: result.records, nextOffset: result.nextOffset });
    }
    return batches;
  }

  /** Goes on over stretches where nothing is visible, so that an empty answer means the end and not a gap. */
  #read(cursor: Cursor, maxBytes: number): ReadResult {
    const { topic, partition } = cursor;
    for (;;) {
      const fromOffset = cursor.nextOffset;
      const result = this.#storage.read({ topic, partition, fromOffset, maxBytes, isolation: this.#isolation });
      cursor.nextOffset = result.nextOffset;
      if (result.records.length > 0 || result.nextOffset === fromOffset) return result;
    }
  }
}
