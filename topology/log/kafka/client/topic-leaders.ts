import type { TopicPartition } from '../../log.ts';
import { unknownTopic } from '../../local/log-errors.ts';
import { assertOk, kafkaCode } from '../kafka-errors.ts';
import type { KafkaSettings } from '../kafka-options.ts';
import type { TopicMetadata } from '../requests/topic-requests.ts';
import { metadataRequest } from '../requests/topic-requests.ts';
import type { KafkaConnection } from './kafka-connection.ts';
import { pause, retrying } from './retry.ts';

/** A topic that was just created may be unknown to the broker that is asked for a moment. */
const secondLookMs = 100;

/** Who leads which partition. Answers from memory until told that a partition has moved. */
export class TopicLeaders {
  readonly #connection: KafkaConnection;
  readonly #settings: KafkaSettings;
  readonly #known = new Map<string, TopicMetadata>();

  constructor(connection: KafkaConnection, settings: KafkaSettings) {
    this.#connection = connection;
    this.#settings = settings;
  }

  /** Asks the cluster. Topics that do not exist are left out. */
  async describe(topics: readonly string[]): Promise<readonly TopicMetadata[]> {
    if (topics.length === 0) return [];
    const answers = await retrying(() => this.#connection.sendToAny(metadataRequest(topics)), {
      clock: this.#settings.clock,
      withinMs: this.#settings.retryWithinMs,
      doing: 'Metadata',
      onRetry: () => this.#connection.refreshBrokers(),
    });
    for (const { topic } of answers) this.#known.delete(topic);
    const found = answers.filter(({ code }) => code !== kafkaCode.unknownTopic);
    for (const topic of found) {
      assertOk(topic.code, `Metadata of ${topic.topic}`);
      this.#known.set(topic.topic, topic);
    }
    return found;
  }

  /** `items` by the node that leads their partition. @throws {LOG_TOPIC_UNKNOWN} @throws {BrokerError} `moved` while there is no leader. */
  async group<T extends TopicPartition>(items: readonly T[]): Promise<ReadonlyMap<number, readonly T[]>> {
    await this.#learn(items);
    const groups = new Map<number, T[]>();
    for (const item of items) {
      const nodeId = this.#known.get(item.topic)?.leaders[item.partition];
      if (nodeId === undefined) throw unknownTopic(item);
      if (nodeId < 0) {
        this.forget(item.topic);
        assertOk(5, `finding the leader of ${item.topic}-${item.partition}`);
      }
      const group = groups.get(nodeId);
      if (group === undefined) groups.set(nodeId, [item]);
      else group.push(item);
    }
    return groups;
  }

  /** Partition count, or `undefined` when there is no such topic. */
  async partitionCount(topic: string): Promise<number | undefined> {
    if (!this.#known.has(topic)) await this.describe([topic]);
    return this.#known.get(topic)?.leaders.length;
  }

  forget(topic: string): void {
    this.#known.delete(topic);
  }

  async #learn(items: readonly TopicPartition[]): Promise<void> {
    const unknown = (): readonly string[] => [...new Set(items.filter((at) => this.#isUnknown(at)).map(({ topic }) => topic))];
    for (let look = 0; look < 2; look++) {
      const topics = unknown();
      if (topics.length === 0) return;
      if (look > 0) await pause(this.#settings.clock, secondLookMs);
      await this.describe(topics);
    }
  }

  #isUnknown({ topic, partition }: TopicPartition): boolean {
    return this.#known.get(topic)?.leaders[partition] === undefined;
  }
}
