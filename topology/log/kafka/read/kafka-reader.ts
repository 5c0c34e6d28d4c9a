import type { PartitionReader, ReaderOptions, RecordBatch, TopicPartition } from '../../log.ts';
import { createCursor, positionIn, type Cursor } from '../../local/cursor.ts';
import { logClosed } from '../../local/log-errors.ts';
import type { KafkaClient } from '../client/kafka-client.ts';
import { KafkaConnection } from '../client/kafka-connection.ts';
import type { PollOptions } from './fetcher.ts';
import { Fetcher } from './fetcher.ts';

/** Reads partitions without a group, over a connection of its own. */
export class KafkaReader implements PartitionReader {
  readonly #connection: KafkaConnection;
  readonly #fetcher: Fetcher;
  readonly #cursors: readonly Cursor[];
  readonly #onClose: (reader: KafkaReader) => void;
  #isClosed = false;

  constructor(client: KafkaClient, options: ReaderOptions, onClose: (reader: KafkaReader) => void) {
    this.#connection = new KafkaConnection(client.settings);
    this.#fetcher = new Fetcher(client, this.#connection, options.isolation ?? 'read_committed');
    this.#cursors = options.from.map((at) => createCursor(at, at.nextOffset));
    this.#onClose = onClose;
  }

  async poll(options: PollOptions): Promise<readonly RecordBatch[]> {
    if (this.#isClosed) throw logClosed('this reader');
    try {
      const batches = await this.#fetcher.poll(this.#cursors, options);
      return this.#isClosed ? [] : batches;
    } catch (error) {
      if (this.#isClosed) return [];
      throw error;
    }
  }

  position(partition: TopicPartition): bigint {
    return positionIn(this.#cursors, partition);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#fetcher.wake();
    this.#onClose(this);
    await this.#connection.close();
  }
}
