import type { Clock } from '../../topology/base/clock.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { Logger } from '../../topology/base/logger.ts';
import type { InputRecord, Log, PartitionReader, TopicPartition } from '../../topology/log/log.ts';

export interface CaptureFollowerOptions {
  readonly log: Log;
  readonly topic: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called once a record and partition, in offset order. */
  readonly fold: (record: InputRecord) => void;
  /** How long `caughtUp` may take. Default 5 s. */
  readonly catchUpWithinMs?: number;
}

const pollWaitMs = 1_000;
const retryMs = 500;

interface Waiting {
  readonly partition: number;
  readonly nextOffset: bigint;
  readonly resolve: () => void;
}

/**
 * Reads what every gateway appends, so that each knows the sessions of all. Uncommitted reads: a chunk is durable when its producer was answered, and must not
 * wait behind a transaction that a task holds open in the same partition.
 *
 * - F1: when `caughtUp` has resolved, every chunk of the partition that was durable before the call has been folded.
 * - F2: a position is passed only after what stands before it was folded.
 */
export class CaptureFollower {
  readonly #options: CaptureFollowerOptions;
  readonly #positions = new Map<number, bigint>();
  #waiting: Waiting[] = [];
  #reader: PartitionReader | undefined;
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: CaptureFollowerOptions) {
    this.#options = options;
  }

  /** Position of each partition behind what was folded. */
  positions(): ReadonlyMap<number, bigint> {
    return this.#positions;
  }

  /** Begins to follow from the positions. */
  start(from: ReadonlyMap<number, bigint>): void {
    for (const [partition, nextOffset] of from) this.#positions.set(partition, nextOffset);
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#reader?.close();
    await this.#running;
  }

  /** F1. @throws {LOG_UNAVAILABLE} when the log does not answer in time: what is known may be old, so nothing may be acked by it. */
  async caughtUp(partition: number): Promise<void> {
    const { clock, topic, catchUpWithinMs = 5_000 } = this.#options;
    let cancel = (): void => {};
    const tooLate = new Promise<never>((_resolve, reject) => {
      cancel = clock.setTimer(catchUpWithinMs, () => reject(unavailable(`${topic}/${partition} could not be read to its end in time`)));
    });
    try {
      await Promise.race([this.#reachEnd(partition), tooLate]);
    } finally {
      cancel();
    }
  }

  async #reachEnd(partition: number): Promise<void> {
    const { log, topic } = this.#options;
    const [end] = await log.offsets([{ topic, partition }], 'read_uncommitted');
    const nextOffset = end?.nextOffset ?? 0n;
    if (this.#positionOf(partition) >= nextOffset) return;
    await new Promise<void>((resolve) => this.#waiting.push({ partition, nextOffset, resolve }));
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#follow();
      } catch (error) {
        if (this.#isStopped) return;
        this.#options.logger.warn({ err: error }, 'following the capture topic broke off; it goes on where it stopped');
        await new Promise<void>((resolve) => void this.#options.clock.setTimer(retryMs, resolve));
      } finally {
        await this.#reader?.close().catch(() => undefined);
      }
    }
  }

  async #follow(): Promise<void> {
    const { log, topic, fold } = this.#options;
    const from = [...this.#positions].map(([partition, nextOffset]) => ({ topic, partition, nextOffset }));
    this.#reader = await log.openReader({ from, isolation: 'read_uncommitted' });
    while (!this.#isStopped) {
      for (const { records } of await this.#reader.poll({ maxWaitMs: pollWaitMs })) for (const record of records) fold(record);
      this.#advance(this.#reader, from);
    }
  }

  #advance(reader: PartitionReader, partitions: readonly TopicPartition[]): void {
    for (const at of partitions) this.#positions.set(at.partition, reader.position(at));
    const reached = ({ partition, nextOffset }: Waiting): boolean => this.#positionOf(partition) >= nextOffset;
    for (const waiting of this.#waiting.filter(reached)) waiting.resolve();
    this.#waiting = this.#waiting.filter((waiting) => !reached(waiting));
  }

  #positionOf(partition: number): bigint {
    return this.#positions.get(partition) ?? 0n;
  }
}

function unavailable(message: string): StepwrightError {
  return new StepwrightError('LOG_UNAVAILABLE', message, { disposition: 'retry' });
}
