import type { Clock } from '../../topology/base/clock.ts';
import type { Gauge, Histogram, Metrics } from '../../topology/base/metrics.ts';
import type { OutputRecord, Producer } from '../../topology/log/log.ts';

export interface AppendQueueOptions {
  readonly producer: Producer;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Of one log write. Default 4 MiB. */
  readonly maxWriteBytes?: number;
}

interface Waiting {
  readonly record: OutputRecord;
  readonly sizeBytes: number;
  readonly resolve: (offset: bigint) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Many sessions' chunks in one log write: one write is in flight, what arrives meanwhile makes the next. Nobody waits for a timer, so a
 * single chunk is as fast as the log, and under load the cost of a write is shared.
 *
 * - A1: `append` resolves after the record is durable, never before.
 * - A2: records of one partition are written in the order of their `append`.
 * - A3: a failed write rejects all its records; whether they stand is unknown, so nothing may be acked and the sender resends.
 */
export class AppendQueue {
  readonly #options: AppendQueueOptions;
  readonly #maxWriteBytes: number;
  readonly #writeSeconds: Histogram;
  readonly #waitingBytes: Gauge;
  #waiting: Waiting[] = [];
  #queuedBytes = 0;
  #writing: Promise<void> | undefined;

  constructor(options: AppendQueueOptions) {
    this.#options = options;
    this.#maxWriteBytes = options.maxWriteBytes ?? 4 * 1024 * 1024;
    this.#writeSeconds = options.metrics.histogram('gateway_append_seconds', 'Duration of one log write of ingest');
    this.#waitingBytes = options.metrics.gauge('gateway_append_queued_bytes', 'Bytes of chunks that are not durable yet');
  }

  /** Bytes that are not durable yet; admission looks at it. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  append(record: OutputRecord): Promise<bigint> {
    const sizeBytes = (record.value?.length ?? 0) + 200;
    this.#queuedBytes += sizeBytes;
    const done = new Promise<bigint>((resolve, reject) => {
      this.#waiting.push({ record, sizeBytes, resolve, reject });
    });
    this.#writing ??= this.#writeAll();
    return done;
  }

  /** Resolves when everything appended so far is settled. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    // Everything that the same turn of the event loop brings shares the first write.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#write(this.#takeWrite());
    this.#writing = undefined;
  }

  #takeWrite(): Waiting[] {
    let sizeBytes = 0;
    const end = this.#waiting.findIndex((waiting, index) => {
      sizeBytes += waiting.sizeBytes;
      return index > 0 && sizeBytes > this.#maxWriteBytes;
    });
    const taken = end === -1 ? this.#waiting : this.#waiting.slice(0, end);
    this.#waiting = end === -1 ? [] : this.#waiting.slice(end);
    return taken;
  }

  async #write(taken: readonly Waiting[]): Promise<void> {
    const startMs = this.#options.clock.monotonicMs();
    try {
      const offsets = await this.#options.producer.send(taken.map(({ record }) => record));
      taken.forEach(({ resolve }, index) => resolve(offsets[index] ?? 0n));
    } catch (error) {
      for (const { reject } of taken) reject(error);
    }
    for (const { sizeBytes } of taken) this.#queuedBytes -= sizeBytes;
    this.#waitingBytes.set(this.#queuedBytes);
    this.#writeSeconds.observe((this.#options.clock.monotonicMs() - startMs) / 1000);
  }
}
