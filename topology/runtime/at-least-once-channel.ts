import type { Clock } from '../base/clock.ts';
import { hasCode } from '../base/errors.ts';
import type { OffsetCommit, OutputRecord, Producer } from '../log/log.ts';
import type { CommitBatch, CommitChannel, Settlement } from './commit-channel.ts';

export interface AtLeastOnceOptions {
  readonly producer: Producer;
  readonly clock: Clock;
  readonly commitOffsets: (offsets: readonly OffsetCommit[]) => Promise<void>;
  /** What the group has committed for the task's inputs. */
  readonly committed: () => Promise<readonly OffsetCommit[]>;
}

/** Less than any session timeout: a member that was heard of so lately has no successor yet. */
const confirmAfterMs = 2_000;

/**
 * Records first, then offsets: a failure between the two repeats input, it never skips any. There is no abort: the task is rebuilt from the
 * changelog.
 * - K7 Nothing fences a producer without transactions. So a channel that was silent for a while (a process that was stopped and wakes as a
 *   zombie) commits its last offsets once more before it writes: a stale member is refused there and writes nothing over its successor's changelog.
 */
export class AtLeastOnceChannel implements CommitChannel {
  readonly isAtomic = false;
  readonly #options: AtLeastOnceOptions;
  #last: readonly OffsetCommit[] | undefined;
  #confirmedAtMs: number;

  constructor(options: AtLeastOnceOptions) {
    this.#options = options;
    this.#confirmedAtMs = options.clock.monotonicMs();
  }

  async commit({ records, offsets, onSent }: CommitBatch): Promise<void> {
    await this.#confirm();
    if (records.length > 0) await this.#options.producer.send(records);
    onSent();
    await this.#commitOffsets(offsets);
  }

  async commitEach(
    { records, offsets }: CommitBatch,
    onTooLarge: (index: number, error: unknown) => readonly OutputRecord[],
  ): Promise<void> {
    await this.#confirm();
    for (const [index, record] of records.entries()) {
      try {
        await this.#options.producer.send([record]);
      } catch (error) {
        if (!hasCode(error, 'LOG_RECORD_TOO_LARGE')) throw error;
        const instead = onTooLarge(index, error);
        if (instead.length > 0) await this.#options.producer.send(instead);
      }
    }
    await this.#commitOffsets(offsets);
  }

  /** Nobody can say: the caller rebuilds the task. */
  settle(): Promise<Settlement> {
    return Promise.resolve('lost');
  }

  async close(): Promise<void> {
    await this.#options.producer.close();
  }

  /** @throws {LOG_STALE_MEMBER} another member may own the task. */
  async #confirm(): Promise<void> {
    const { clock, committed } = this.#options;
    if (clock.monotonicMs() - this.#confirmedAtMs < confirmAfterMs) return;
    await this.#commitOffsets(this.#last ?? (await committed()));
  }

  async #commitOffsets(offsets: readonly OffsetCommit[]): Promise<void> {
    const startedAtMs = this.#options.clock.monotonicMs();
    await this.#options.commitOffsets(offsets);
    this.#last = offsets;
    this.#confirmedAtMs = startedAtMs;
  }
}
