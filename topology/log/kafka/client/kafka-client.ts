import type { TopicPartition } from '../../log.ts';
import { StepwrightError } from '../../../base/errors.ts';
import type { CompressionCodec } from '../../batch/compression.ts';
import { codecOf, compressionNames } from '../../batch/compression.ts';
import { partitionKey } from '../../local/partition-key.ts';
import { asBrokerError, assertOk, brokerError, passes } from '../kafka-errors.ts';
import type { BrokerError } from '../kafka-errors.ts';
import type { KafkaSettings } from '../kafka-options.ts';
import type { KafkaRequest } from '../wire/kafka-request.ts';
import type { CoordinatorKind } from './kafka-connection.ts';
import { KafkaConnection } from './kafka-connection.ts';
import { retrying } from './retry.ts';
import { TopicLeaders } from './topic-leaders.ts';
import { TransactionVersions } from './transaction-versions.ts';

/** An answer about one partition. */
export interface PartitionAnswer extends TopicPartition {
  readonly code: number;
}

export interface PerPartitionOptions<T extends TopicPartition, R extends PartitionAnswer> {
  readonly doing: string;
  readonly request: (items: readonly T[]) => KafkaRequest<readonly R[]>;
  /** Codes that are as good as success. */
  readonly accepts?: (code: number) => boolean;
  /** Told when a request got no answer and is sent again: the first one may still reach the broker, at any time. */
  readonly onNoAnswer?: () => void;
}

export interface CoordinatedOptions<T> extends Pick<PerPartitionOptions<never, never>, 'onNoAnswer'> {
  readonly id: string;
  /** Finds the error code in the answer. */
  readonly codeOf: (answer: T) => number;
}

/**
 * Requests to whoever answers them at the moment: leaders and coordinators are looked up, and looked up again when they have moved.
 * Everything on it is answered at once by the broker; what may be held goes over connections of its own.
 */
export class KafkaClient {
  readonly settings: KafkaSettings;
  readonly connection: KafkaConnection;
  readonly leaders: TopicLeaders;
  readonly transactionVersions: TransactionVersions;

  constructor(settings: KafkaSettings) {
    this.settings = settings;
    this.connection = new KafkaConnection(settings);
    this.leaders = new TopicLeaders(this.connection, settings);
    this.transactionVersions = new TransactionVersions(this.connection, settings);
  }

  /** One request a leader, again for those partitions whose failure passes. @throws {BrokerError} @throws {LOG_TOPIC_UNKNOWN} */
  async perPartition<T extends TopicPartition, R extends PartitionAnswer>(
    items: readonly T[],
    options: PerPartitionOptions<T, R>,
  ): Promise<readonly R[]> {
    const answers: R[] = [];
    let pending = items;
    await retrying(
      async () => {
        const { failed, error } = await this.#ask(pending, options, answers);
        pending = failed;
        if (error !== undefined) throw error;
      },
      {
        clock: this.settings.clock,
        withinMs: this.settings.retryWithinMs,
        doing: options.doing,
        onRetry: async (error) => {
          if (error.kind === 'network') options.onNoAnswer?.();
          for (const { topic } of pending) this.leaders.forget(topic);
          await this.connection.refreshBrokers();
        },
      },
    );
    return answers;
  }

  /** A request to the coordinator of a group or transactional id. @throws {BrokerError} */
  async coordinated<T>(kind: CoordinatorKind, request: KafkaRequest<T>, { id, codeOf, onNoAnswer }: CoordinatedOptions<T>): Promise<T> {
    return retrying(
      async () => {
        const answer = await this.connection.sendToCoordinator(kind, id, request);
        assertOk(codeOf(answer), request.api);
        return answer;
      },
      {
        clock: this.settings.clock,
        withinMs: this.settings.retryWithinMs,
        loadsWithinMs: this.settings.loadsWithinMs,
        doing: request.api,
        onRetry: (error) => {
          if (error.kind === 'network') onNoAnswer?.();
          if (error.kind !== 'busy' && error.kind !== 'loading') this.connection.forgetCoordinator(kind, id);
        },
      },
    );
  }

  /** Resolves when every partition has a leader. @throws {LOG_TOPIC_UNKNOWN} */
  async awaitLeaders(partitions: readonly TopicPartition[]): Promise<void> {
    const { clock, retryWithinMs } = this.settings;
    await retrying(() => this.leaders.group(partitions), { clock, withinMs: retryWithinMs, doing: 'Metadata' });
  }

  /** What batches are compressed with. @throws {LOG_COMPRESSION_UNSUPPORTED} */
  compression(): CompressionCodec | undefined {
    const { compression, codecs } = this.settings;
    return compression === 'none' ? undefined : codecOf(codecs, compressionNames.indexOf(compression));
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  async #ask<T extends TopicPartition, R extends PartitionAnswer>(
    items: readonly T[],
    options: PerPartitionOptions<T, R>,
    answers: R[],
  ): Promise<{ readonly failed: readonly T[]; readonly error: BrokerError | undefined }> {
    const failed: T[] = [];
    let error: BrokerError | undefined;
    const groups = await this.leaders.group(items);
    const exchanges = [...groups].map(async ([nodeId, members]) => {
      try {
        const answered = await this.connection.sendTo(nodeId, options.request(members));
        const byKey = new Map(members.map((member) => [partitionKey(member), member]));
        for (const answer of answered) {
          if (answer.code === 0 || options.accepts?.(answer.code) === true) {
            answers.push(answer);
            continue;
          }
          const member = byKey.get(partitionKey(answer));
          error = worse(error, brokerError(answer.code, `${options.doing} of ${partitionKey(answer)}`));
          if (member !== undefined) failed.push(member);
        }
      } catch (caught) {
        const failure = asBrokerError(caught, options.doing);
        if (failure instanceof StepwrightError) throw failure;
        error = worse(error, failure);
        failed.push(...members);
      }
    });
    await Promise.all(exchanges);
    if (error?.kind === 'topic') await this.#confirmMissing(failed);
    return { failed, error };
  }

  /** @throws {LOG_TOPIC_UNKNOWN} when it is really gone; returns when the leader did not know of it yet. */
  async #confirmMissing(items: readonly TopicPartition[]): Promise<void> {
    for (const { topic } of items) this.leaders.forget(topic);
    await this.leaders.group(items);
    assertOk(6, 'a leader that does not know its topic yet');
  }
}

/** The failure that decides for the whole request: one that does not pass. */
function worse(one: BrokerError | undefined, other: BrokerError): BrokerError {
  return one === undefined || passes(one) ? other : one;
}
