import type { TopicPartition, TopicPartitionOffset } from '../../topology/log/log.ts';
import type { SinkBatch, SinkRow, SourceRange } from './sink-target.ts';

/** What was read and not applied yet: rows in the order they came, and one source range a partition. */
export class PendingBatch<Row> {
  #rows: SinkRow<Row>[] = [];
  readonly #ranges = new Map<string, SourceRange>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get rowCount(): number {
    return this.#rows.length;
  }

  get isEmpty(): boolean {
    return this.#ranges.size === 0;
  }

  addRow(row: SinkRow<Row>, bytes: number): void {
    this.#rows.push(row);
    this.#bytes += bytes;
  }

  /** The batch's offsets are now part of the range of its partition, which began at `fromOffset`. */
  extend(batch: TopicPartitionOffset, fromOffset: bigint): void {
    const id = partitionId(batch);
    const standing = this.#ranges.get(id);
    const range = {
      topic: batch.topic,
      partition: batch.partition,
      fromOffset: standing?.fromOffset ?? fromOffset,
      nextOffset: batch.nextOffset,
    };
    if (range.nextOffset > range.fromOffset) this.#ranges.set(id, range);
  }

  /** Hands everything over and begins anew. */
  take(): SinkBatch<Row> {
    const batch = { rows: this.#rows, ranges: [...this.#ranges.values()] };
    this.#rows = [];
    this.#ranges.clear();
    this.#bytes = 0;
    return batch;
  }
}

export function partitionId({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
