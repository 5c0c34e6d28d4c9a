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
    const known = await this.#learn(items);
    const groups = new Map<number, T[]>();
    for (const item of items) {
      const nodeId = known.get(item.topic)?.leaders[item.partition];
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
    const known = this.#known.get(topic) ?? (await this.describe([topic]))[0];
    return known?.leaders.length;
  }

  forget(topic: string): void {
    this.#known.delete(topic);
  }

  /** A copy: others may forget a topic at any time, and what was forgotten is not what does not exist. */
  async #learn(items: readonly TopicPartition[]): Promise<ReadonlyMap<string, TopicMetadata>> {
    const known = new Map(items.flatMap(({ topic }) => this.#entry(topic)));
    const unknown = (): readonly string[] => {
      const missing = items.filter(({ topic, partition }) => known.get(topic)?.leaders[partition] === undefined);
      return [...new Set(missing.map(({ topic }) => topic))];
    };
    for (let look = 0; look < 2 && unknown().length > 0; look++) {
      if (look > 0) await pause(this.#settings.clock, secondLookMs);
      for (const topic of await this.describe(unknown())) known.set(topic.topic, topic);
    }
    return known;
  }

  #entry(topic: string): readonly (readonly [string, TopicMetadata])[] {
    const known = this.#known.get(topic);
    return known === undefined ? [] : [[topic, known]];
  }
}
