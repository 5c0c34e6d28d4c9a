import type { InputRecord, RecordBatch, TopicPartition } from '../log/log.ts';

/**
 * Buffered input of one partition of a task: whole batches as they came, a cursor into the first.
 * Positions are kept as the last record handed out, so that no bigint is computed per record.
 */
export class InputQueue {
  readonly topic: string;
  readonly partition: number;
  #batches: RecordBatch[] = [];
  #index = 0;
  #recordCount = 0;
  #byteCount = 0;
  /** Position after everything consumed. */
  #nextOffset: bigint;
  #lastConsumed: InputRecord | undefined;

  constructor(at: TopicPartition, nextOffset: bigint) {
    this.topic = at.topic;
    this.partition = at.partition;
    this.#nextOffset = nextOffset;
  }

  recordCount(): number {
    return this.#recordCount;
  }

  /** Bytes held by the buffered batches, whole batches counted until they are used up. */
  byteCount(): number {
    return this.#byteCount;
  }

  /** Takes over a batch. Empty batches move the position over what is invisible. */
  add(batch: RecordBatch): void {
    if (batch.records.length === 0) {
      if (this.#recordCount === 0) this.rewind(batch.nextOffset);
      return;
    }
    this.#batches.push(batch);
    this.#recordCount += batch.records.length;
    this.#byteCount += bytesOf(batch);
  }

  peek(): InputRecord | undefined {
    return this.#batches[0]?.records[this.#index];
  }

  /** Records of the first batch not consumed yet: what a prefetch may look at. */
  peekBatch(maxCount: number): readonly InputRecord[] {
    return this.#batches[0]?.records.slice(this.#index, this.#index + maxCount) ?? [];
  }

  take(): InputRecord | undefined {
    const batch = this.#batches[0];
    const record = batch?.records[this.#index];
    if (batch === undefined || record === undefined) return undefined;
    this.#index += 1;
    this.#recordCount -= 1;
    this.#lastConsumed = record;
    if (this.#index === batch.records.length) {
      this.#batches.shift();
      this.#index = 0;
      this.#byteCount -= bytesOf(batch);
      this.#nextOffset = batch.nextOffset;
      this.#lastConsumed = undefined;
    }
    return record;
  }

  /** Position of the next record to read, beyond markers when a batch is used up. */
  nextOffset(): bigint {
    return this.#lastConsumed === undefined ? this.#nextOffset : this.#lastConsumed.offset + 1n;
  }

  /** Forgets what is buffered; the owner reads again from `nextOffset` (K4). */
  rewind(nextOffset: bigint): void {
    this.#batches = [];
    this.#index = 0;
    this.#recordCount = 0;
    this.#byteCount = 0;
    this.#nextOffset = nextOffset;
    this.#lastConsumed = undefined;
  }
}

/** The input partitions of one task. Hands out the record with the lowest timestamp among the heads, as Kafka Streams' PartitionGroup does. */
export class PartitionGroup {
  readonly queues: readonly InputQueue[];

  constructor(queues: readonly InputQueue[]) {
    this.queues = queues;
  }

  recordCount(): number {
    let count = 0;
    for (const queue of this.queues) count += queue.recordCount();
    return count;
  }

  byteCount(): number {
    let count = 0;
    for (const queue of this.queues) count += queue.byteCount();
    return count;
  }

  queueOf(at: TopicPartition): InputQueue | undefined {
    return this.queues.find((queue) => queue.topic === at.topic && queue.partition === at.partition);
  }

  /** The queue whose head comes next; undefined when all are empty. */
  nextQueue(): InputQueue | undefined {
    if (this.queues.length === 1) {
      const only = this.queues[0];
      return only?.peek() === undefined ? undefined : only;
    }
    let best: InputQueue | undefined;
    let bestMs = Infinity;
    for (const queue of this.queues) {
      const head = queue.peek();
      if (head === undefined || head.timestampMs >= bestMs) continue;
      best = queue;
      bestMs = head.timestampMs;
    }
    return best;
  }
}

function bytesOf(batch: RecordBatch): number {
  let count = 0;
  for (const { key, value } of batch.records) count += (key?.length ?? 0) + (value?.length ?? 0);
  return count;
}
