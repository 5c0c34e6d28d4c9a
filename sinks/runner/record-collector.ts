import { StepwrightError } from '../../topology/base/errors.ts';
import type { InputRecord, Log, PartitionReader, RecordBatch, TopicPartition, TopicPartitionOffset } from '../../topology/log/log.ts';
import { partitionId } from './pending-batch.ts';
import type { PendingBatch } from './pending-batch.ts';
import type { SinkTarget, SourceRecord } from './sink-target.ts';

export interface RecordCollectorOptions<Row> {
  readonly log: Log;
  readonly target: SinkTarget<Row>;
  /** By reference; resolves when the letter is durable, and only then does the position move past the record (S3). */
  readonly refuse: (record: SourceRecord, error: StepwrightError) => Promise<void>;
  /** A record that is meant to be unreadable, since its session was deleted. */
  readonly onVoid: () => void;
}

/** Opens readers and turns what they give into rows of a pending batch. */
export class RecordCollector<Row> {
  readonly #options: RecordCollectorOptions<Row>;
  readonly #read = new Map<string, bigint>();

  constructor(options: RecordCollectorOptions<Row>) {
    this.#options = options;
  }

  open(from: readonly TopicPartitionOffset[]): Promise<PartitionReader> {
    for (const position of from) this.#read.set(partitionId(position), position.nextOffset);
    return this.#options.log.openReader({ from, isolation: 'read_committed' });
  }

  /** Decodes at once: the records are views of memory that the next poll may use again. */
  async collect(batch: RecordBatch, pending: PendingBatch<Row>): Promise<void> {
    const id = partitionId(batch);
    const { topic, partition } = batch;
    const keepsKeys = this.#options.target.refusesRows !== false;
    for (const record of batch.records) {
      const row = await this.#decode(batch, record);
      if (row === undefined) continue;
      const source = keepsKeys ? sourceOf(batch, record) : { topic, partition, offset: record.offset };
      pending.addRow({ ...source, row }, record.value?.length ?? 0);
    }
    pending.extend(batch, this.#read.get(id) ?? batch.nextOffset);
    this.#read.set(id, batch.nextOffset);
  }

  /** Positions that moved past markers and aborted records, with nothing to hand out. */
  skip(reader: PartitionReader, partitions: readonly TopicPartition[], pending: PendingBatch<Row>): void {
    for (const { topic, partition } of partitions) {
      const id = partitionId({ topic, partition });
      const nextOffset = reader.position({ topic, partition });
      const fromOffset = this.#read.get(id) ?? nextOffset;
      if (nextOffset <= fromOffset) continue;
      pending.extend({ topic, partition, nextOffset }, fromOffset);
      this.#read.set(id, nextOffset);
    }
  }

  async #decode(batch: RecordBatch, record: InputRecord): Promise<Row | undefined> {
    try {
      return this.#options.target.decode(batch.topic, record);
    } catch (error) {
      if (error instanceof StepwrightError && error.disposition === 'drop') {
        this.#options.onVoid();
        return undefined;
      }
      if (!(error instanceof StepwrightError) || (error.disposition !== 'dead-letter' && error.code !== 'SERDE_FAILED')) throw error;
      await this.#options.refuse(sourceOf(batch, record), error);
      return undefined;
    }
  }
}

function sourceOf({ topic, partition }: RecordBatch, { offset, key }: InputRecord): SourceRecord {
  return { topic, partition, offset, key };
}
