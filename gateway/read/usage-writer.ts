import type { Serde } from '../../schemas/serde.ts';
import type { UsageEvent } from '../../schemas/types/usage.ts';
import type { Clock } from '../../topology/base/clock.ts';
import type { Logger } from '../../topology/base/logger.ts';
import type { Counter, Metrics } from '../../topology/base/metrics.ts';
import { partitionOfKey } from '../../topology/base/partition.ts';
import { hasCode, StepwrightError } from '../../topology/base/errors.ts';
import type { Log, OutputRecord, Producer } from '../../topology/log/log.ts';

export interface UsageWriterOptions {
  readonly log: Log;
  /** Created by the caller. */
  readonly topic: string;
  readonly serde: Serde<UsageEvent>;
  readonly newEventId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const maxWaiting = 10_000;

/**
 * Says who looked at what. A reader never waits for it and never fails because of it: beyond a bound, and when the log refuses, views are
 * dropped and counted.
 */
export class UsageWriter {
  readonly #options: UsageWriterOptions;
  readonly #droppedTotal: Counter;
  #producer: Producer | undefined;
  #partitionCount = 1;
  #waiting: OutputRecord[] = [];
  #writing: Promise<void> | undefined;

  constructor(options: UsageWriterOptions) {
    this.#options = options;
    this.#droppedTotal = options.metrics.counter('gateway_usage_dropped_total', 'Usage events that were not written');
  }

  /** @throws {LOG_TOPIC_UNKNOWN} when the topic is missing. */
  async start(): Promise<void> {
    const { log, topic } = this.#options;
    const [description] = await log.describeTopics([topic]);
    if (description === undefined)
      throw new StepwrightError('LOG_TOPIC_UNKNOWN', `the topic ${topic} must exist before the gateway starts`);
    this.#partitionCount = description.partitionCount;
    this.#producer = await log.openProducer();
  }

  /** Writes soon. */
  seen(event: Omit<UsageEvent, 'eventId' | 'atMs'>): void {
    const { clock, newEventId, serde, topic } = this.#options;
    if (this.#waiting.length >= maxWaiting) return this.#droppedTotal.add(1);
    const atMs = clock.nowMs();
    const key = Buffer.from(`${event.tenantId}/${event.sessionId}`);
    try {
      const value = serde.serialize({ ...event, eventId: newEventId(), atMs }, key);
      this.#waiting.push({ topic, partition: partitionOfKey(key, this.#partitionCount), key, value, timestampMs: atMs });
    } catch (error) {
      this.#droppedTotal.add(1);
      // Deleted while it was looked at: there is nothing to count any more.
      if (!hasCode(error, 'SEAL_KEY_GONE')) this.#options.logger.warn({ err: error }, 'a usage event could not be sealed');
      return;
    }
    this.#writing ??= this.#writeAll();
  }

  /** Writes what waits, then ends. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#producer?.close();
  }

  async #writeAll(): Promise<void> {
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const records = this.#waiting;
      this.#waiting = [];
      try {
        await this.#producer?.send(records);
      } catch (error) {
        this.#droppedTotal.add(records.length);
        this.#options.logger.warn({ err: error, count: records.length }, 'usage events were not written');
      }
    }
    this.#writing = undefined;
  }
}
