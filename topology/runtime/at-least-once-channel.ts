import { hasCode } from '../base/errors.ts';
import type { OffsetCommit, OutputRecord, Producer } from '../log/log.ts';
import type { CommitBatch, CommitChannel, Settlement } from './commit-channel.ts';

export interface AtLeastOnceOptions {
  readonly producer: Producer;
  readonly commitOffsets: (offsets: readonly OffsetCommit[]) => Promise<void>;
}

/** Records first, then offsets: a failure between the two repeats input, it never skips any. There is no abort: the task is rebuilt from the changelog. */
export class AtLeastOnceChannel implements CommitChannel {
  readonly isAtomic = false;
  readonly #options: AtLeastOnceOptions;

  constructor(options: AtLeastOnceOptions) {
    this.#options = options;
  }

  async commit({ records, offsets, onSent }: CommitBatch): Promise<void> {
    if (records.length > 0) await this.#options.producer.send(records);
    onSent();
    await this.#options.commitOffsets(offsets);
  }

  async commitEach(
    { records, offsets }: CommitBatch,
    onTooLarge: (index: number, error: unknown) => readonly OutputRecord[],
  ): Promise<void> {
    for (const [index, record] of records.entries()) {
      try {
        await this.#options.producer.send([record]);
      } catch (error) {
        if (!hasCode(error, 'LOG_RECORD_TOO_LARGE')) throw error;
        const instead = onTooLarge(index, error);
        if (instead.length > 0) await this.#options.producer.send(instead);
      }
    }
    await this.#options.commitOffsets(offsets);
  }

  /** Nobody can say: the caller rebuilds the task. */
  settle(): Promise<Settlement> {
    return Promise.resolve('lost');
  }

  async close(): Promise<void> {
    await this.#options.producer.close();
  }
}
