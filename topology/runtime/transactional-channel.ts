import { hasCode } from '../base/errors.ts';
import type { GroupMembership, Log, OutputRecord, TopicPartition, TransactionalSink } from '../log/log.ts';
import type { CommitBatch, CommitChannel, Settlement } from './commit-channel.ts';
import { decodeCommitMetadata } from './commit-metadata.ts';

export interface TransactionalChannelOptions {
  readonly log: Log;
  readonly transactionalId: string;
  readonly groupId: string;
  /** The task's input partitions. */
  readonly partitions: readonly TopicPartition[];
  readonly membership: () => GroupMembership | undefined;
}

/** Opening fences every older owner of the id and ends its open transaction, so what is committed afterwards is settled. */
export async function openTransactionalChannel(options: TransactionalChannelOptions): Promise<CommitChannel> {
  const { log, transactionalId } = options;
  return new TransactionalChannel(options, await log.openSink({ transactionalId }));
}

class TransactionalChannel implements CommitChannel {
  readonly isAtomic = true;
  readonly #options: TransactionalChannelOptions;
  #sink: TransactionalSink;

  constructor(options: TransactionalChannelOptions, sink: TransactionalSink) {
    this.#options = options;
    this.#sink = sink;
  }

  async commit({ records, offsets, onSent }: CommitBatch): Promise<void> {
    await this.#transaction(offsets, () => {
      if (records.length > 0) this.#sink.send(records);
      onSent();
    });
  }

  async commitEach(
    { records, offsets }: CommitBatch,
    onTooLarge: (index: number, error: unknown) => readonly OutputRecord[],
  ): Promise<void> {
    await this.#transaction(offsets, () => {
      for (const [index, record] of records.entries()) {
        try {
          this.#sink.send([record]);
        } catch (error) {
          if (!hasCode(error, 'LOG_RECORD_TOO_LARGE')) throw error;
          this.#sink.send(onTooLarge(index, error));
        }
      }
    });
  }

  /** A failure that is not an unknown outcome leaves an open transaction behind: it is aborted here, so that the next `begin` is clean. */
  async #transaction(offsets: CommitBatch['offsets'], send: () => void): Promise<void> {
    this.#sink.begin();
    try {
      send();
      await this.#sink.commit(offsets, this.#options.membership());
    } catch (error) {
      if (!hasCode(error, 'LOG_UNKNOWN_OUTCOME', 'LOG_FENCED')) await this.#sink.abort();
      throw error;
    }
  }

  async settle(commitId: string, previousCommitId: string | undefined): Promise<Settlement> {
    const { log, transactionalId, groupId, partitions } = this.#options;
    this.#sink = await log.openSink({ transactionalId });
    const committed = await log.committed(groupId, partitions);
    const found = new Set(committed.map(({ metadata }) => decodeCommitMetadata(metadata)?.commitId));
    if (found.size !== 1) return 'lost';
    if (found.has(commitId)) return 'committed';
    return found.has(previousCommitId) ? 'aborted' : 'lost';
  }

  async close(): Promise<void> {
    await this.#sink.close();
  }
}
