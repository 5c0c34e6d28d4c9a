import type { Isolation, RecordBatch, TopicPartitionOffset } from '../../log.ts';
import { StepwrightError } from '../../../base/errors.ts';
import type { Cursor } from '../../local/cursor.ts';
import { offsetOutOfRange } from '../../local/log-errors.ts';
import { partitionKey } from '../../local/partition-key.ts';
import { WakeSignals } from '../../local/wake-signals.ts';
import type { KafkaClient } from '../client/kafka-client.ts';
import type { KafkaConnection } from '../client/kafka-connection.ts';
import { pause } from '../client/retry.ts';
import { asBrokerError, brokerError, toLogError, passes } from '../kafka-errors.ts';
import type { BrokerError } from '../kafka-errors.ts';
import type { FetchedBytes } from '../requests/read-requests.ts';
import { fetchRequest, listAt, listOffsetsRequest } from '../requests/read-requests.ts';
import type { FetchCursor } from './fetch-buffer.ts';
import { FetchBuffer } from './fetch-buffer.ts';
import { FetchedPartition } from './fetched-partition.ts';

export interface PollOptions {
  readonly maxWaitMs: number;
  readonly maxBytes?: number;
}

const defaultMaxBytes = 1_048_576;
const responseMaxBytes = 52_428_800;
/** The longest that a broker holds a fetch: what was asked for meanwhile (a resumed partition, a seek) waits for it. */
const longestHoldMs = 500;
/** While a partition is paused its resumption is likely, so the others' fetch is not held for long. */
const pausedHoldMs = 20;
const afterFailureMs = 100;
const fetchedSignal = 'fetched';
const newsSignal = 'news';

/**
 * Fetches for cursors that others own, one request a leader at a time, the next one while the last is being processed.
 */
export class Fetcher {
  readonly #client: KafkaClient;
  readonly #connection: KafkaConnection;
  readonly #isolation: Isolation;
  readonly #signals: WakeSignals;
  readonly #buffer = new FetchBuffer();
  readonly #inFlight = new Map<number, Promise<void>>();
  #isWoken = false;

  /** `connection` is used for nothing else that must not wait. */
  constructor(client: KafkaClient, connection: KafkaConnection, isolation: Isolation) {
    this.#client = client;
    this.#connection = connection;
    this.#isolation = isolation;
    this.#signals = new WakeSignals(client.settings.clock);
  }

  /** Ends the poll that waits now. */
  wake(): void {
    this.#isWoken = true;
    this.#signals.wake(newsSignal);
  }

  /**
   * Batches of the cursors, an equal share of `maxBytes` for each. Without waiting it still asks the brokers once.
   * @throws {LOG_OFFSET_OUT_OF_RANGE} @throws {LOG_TOPIC_UNKNOWN} @throws {LOG_CORRUPT}
   */
  async poll(cursors: readonly FetchCursor[], { maxWaitMs, maxBytes = defaultMaxBytes }: PollOptions): Promise<readonly RecordBatch[]> {
    const { clock } = this.#client.settings;
    const endsAtMs = clock.monotonicMs() + maxWaitMs;
    this.#isWoken = false;
    for (let isLast = false; ;) {
      const { batches, hasMoved } = this.#buffer.take(cursors, maxBytes);
      if (batches.length > 0) {
        void this.#request(cursors, 0);
        return batches;
      }
      if (this.#isWoken || (isLast && !hasMoved)) return batches;
      const leftMs = endsAtMs - clock.monotonicMs();
      if (leftMs > 0) await this.#wait(cursors, leftMs);
      else {
        await this.#askOnce(cursors);
        isLast = true;
      }
    }
  }

  /** One round trip for every cursor, after those that are on their way. */
  async #askOnce(cursors: readonly FetchCursor[]): Promise<void> {
    await this.#answered();
    await this.#request(cursors, 0);
    await this.#answered();
  }

  /** Resolves when nothing is on its way, or at a wake-up. Every request ends with a signal, also one that fails. */
  async #answered(): Promise<void> {
    while (this.#inFlight.size > 0 && !this.#isWoken) {
      await this.#signals.wait([fetchedSignal, newsSignal], this.#client.settings.requestTimeoutMs);
    }
  }

  async #wait(cursors: readonly FetchCursor[], leftMs: number): Promise<void> {
    const holdMs = cursors.some(({ isPaused }) => isPaused) ? pausedHoldMs : longestHoldMs;
    const news = this.#signals.wait([fetchedSignal, newsSignal], leftMs);
    await this.#request(cursors, Math.min(leftMs, holdMs));
    if (!this.#isWoken) await news;
  }

  /** Asks each idle leader for what is wanted and not there yet. Resolves when the requests are on their way. */
  async #request(cursors: readonly FetchCursor[], holdMs: number): Promise<void> {
    const wanted = cursors.filter((cursor): cursor is Cursor => {
      return !cursor.isPaused && cursor.nextOffset !== undefined && !this.#buffer.holds(cursor);
    });
    if (wanted.length === 0) return;
    try {
      for (const [nodeId, members] of await this.#client.leaders.group(wanted)) {
        if (this.#inFlight.has(nodeId)) continue;
        const done = this.#fetch(nodeId, members, holdMs).finally(() => {
          this.#inFlight.delete(nodeId);
          this.#signals.wake(fetchedSignal);
        });
        this.#inFlight.set(nodeId, done);
      }
    } catch (error) {
      await this.#failed(wanted, error);
    }
  }

  /** Never rejects. */
  async #fetch(nodeId: number, members: readonly Cursor[], holdMs: number): Promise<void> {
    const from = members.map(({ topic, partition, nextOffset }) => ({ topic, partition, nextOffset }));
    try {
      const { code, partitions } = await this.#connection.sendTo(
        nodeId,
        fetchRequest(from, {
          isolation: this.#isolation,
          maxWaitMs: Math.round(holdMs),
          maxBytes: responseMaxBytes,
          partitionMaxBytes: this.#client.settings.fetchBytes,
        }),
      );
      if (code !== 0) throw brokerError(code, 'Fetch');
      const byKey = new Map(from.map((at) => [partitionKey(at), at.nextOffset]));
      for (const partition of partitions) await this.#keep(partition, byKey.get(partitionKey(partition)) ?? 0n);
    } catch (error) {
      await this.#failed(from, error);
    }
  }

  async #keep(fetched: FetchedBytes, fromOffset: bigint): Promise<void> {
    const at = { topic: fetched.topic, partition: fetched.partition, nextOffset: fromOffset };
    if (fetched.code !== 0) return this.#failed([at], brokerError(fetched.code, `Fetch of ${partitionKey(fetched)}`));
    if (fetched.records.length === 0) return;
    try {
      const { codecs } = this.#client.settings;
      this.#buffer.put(fetched, new FetchedPartition(fetched, { fromOffset, isolation: this.#isolation, codecs }));
    } catch (error) {
      await this.#failed([at], error);
    }
  }

  /** A failure that passes costs a moment and a look-up; any other is thrown by the next poll that wants this position. */
  async #failed(members: readonly TopicPartitionOffset[], caught: unknown): Promise<void> {
    const failure = asBrokerError(caught, 'Fetch');
    for (const { topic } of members) this.#client.leaders.forget(topic);
    if (!(failure instanceof StepwrightError) && (passes(failure) || failure.kind === 'topic')) {
      return pause(this.#client.settings.clock, afterFailureMs);
    }
    for (const at of members) {
      const error = failure instanceof StepwrightError ? failure : await this.#describe(failure, at);
      this.#buffer.fail(at, error);
    }
  }

  async #describe(failure: BrokerError, at: TopicPartitionOffset): Promise<Error> {
    if (failure.kind !== 'range') return toLogError(failure);
    const offsetAt = async (where: bigint): Promise<bigint> => {
      const request = (): ReturnType<typeof listOffsetsRequest> => listOffsetsRequest([at], this.#isolation, where);
      const [found] = await this.#client.perPartition([at], { doing: 'ListOffsets', request });
      return found?.offset ?? -1n;
    };
    try {
      const [startOffset, nextOffset] = await Promise.all([offsetAt(listAt.start), offsetAt(listAt.end)]);
      return offsetOutOfRange({ topic: at.topic, partition: at.partition, fromOffset: at.nextOffset, startOffset, nextOffset });
    } catch (error) {
      return toLogError(error);
    }
  }
}
