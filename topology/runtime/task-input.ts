import assert from 'node:assert/strict';
import type { RecordBatch, TopicPartition, TopicPartitionOffset } from '../log/log.ts';
import type { TaskState } from '../../state/task-state.ts';
import type { InputQueue } from './partition-group.ts';
import { PartitionGroup } from './partition-group.ts';
import { SourceFeed } from './source-feed.ts';
import type { SourceNode } from './source-node.ts';

/**
 * The input side of a task: buffered records, positions, and which of them are committed. A rewind goes back to the committed ones (K4).
 */
export class TaskInput {
  readonly #group: PartitionGroup;
  readonly #endOffsets: ReadonlyMap<InputQueue, bigint>;
  #feeds: ReadonlyMap<InputQueue, SourceFeed> = new Map();
  #committed: readonly TopicPartitionOffset[];
  #isAtEnd = false;

  /** `endOffsets`: where each partition ended when the task was assigned. */
  constructor(queues: readonly InputQueue[], endOffsets: ReadonlyMap<InputQueue, bigint>) {
    this.#group = new PartitionGroup(queues);
    this.#endOffsets = endOffsets;
    this.#committed = this.positions();
  }

  /** Connects the queues to freshly made source nodes. */
  connect(sources: ReadonlyMap<string, SourceNode>, state: TaskState): void {
    const feeds = new Map<InputQueue, SourceFeed>();
    for (const queue of this.#group.queues) {
      const node = sources.get(queue.topic);
      assert(node, `no source node reads topic "${queue.topic}"`);
      feeds.set(queue, new SourceFeed(queue, node, state));
    }
    this.#feeds = feeds;
  }

  partitions(): readonly TopicPartition[] {
    return this.#group.queues;
  }

  recordCount(): number {
    return this.#group.recordCount();
  }

  byteCount(): number {
    return this.#group.byteCount();
  }

  add(batch: RecordBatch): void {
    this.#group.queueOf(batch)?.add(batch);
  }

  /** Where the next record comes from; undefined when nothing is buffered. */
  next(): SourceFeed | undefined {
    const queue = this.#group.nextQueue();
    return queue === undefined ? undefined : this.#feeds.get(queue);
  }

  /** Next offset to process, per partition. */
  positions(): readonly TopicPartitionOffset[] {
    return this.#group.queues.map((queue) => ({ topic: queue.topic, partition: queue.partition, nextOffset: queue.nextOffset() }));
  }

  committed(): readonly TopicPartitionOffset[] {
    return this.#committed;
  }

  markCommitted(positions: readonly TopicPartitionOffset[]): void {
    this.#committed = positions;
  }

  rewind(): void {
    for (const queue of this.#group.queues) {
      const position = this.#committed.find((one) => one.topic === queue.topic);
      assert(position);
      queue.rewind(position.nextOffset);
    }
  }

  /** The log had nothing more: what follows the last record, if anything, is invisible. */
  markAtEnd(): void {
    if (this.recordCount() === 0) this.#isAtEnd = true;
  }

  /** True once the ends that the partitions had at assignment were reached (T3). A position reached, never arithmetic: offsets are sparse. */
  isCaughtUp(): boolean {
    return this.#isAtEnd || this.#group.queues.every((queue) => queue.nextOffset() >= (this.#endOffsets.get(queue) ?? 0n));
  }
}
