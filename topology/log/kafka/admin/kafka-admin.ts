import type { Isolation, PartitionRange, TopicDescription, TopicPartition, TopicPartitionOffset, TopicSpec } from '../../log.ts';
import { offsetOutOfRange } from '../../local/log-errors.ts';
import { partitionKey } from '../../local/partition-key.ts';
import { checkSameTopic, describeTopic } from '../../local/topic-rules.ts';
import type { KafkaClient } from '../client/kafka-client.ts';
import { pause, retrying } from '../client/retry.ts';
import { assertOk, BrokerError, kafkaCode } from '../kafka-errors.ts';
import { listGroupsRequest } from '../requests/group-requests.ts';
import { listAt, listOffsetsRequest } from '../requests/read-requests.ts';
import { createTopicsRequest, deleteRecordsRequest, deleteTopicsRequest, describeConfigsRequest } from '../requests/topic-requests.ts';
import type { TopicAnswer } from '../requests/topic-requests.ts';
import type { KafkaRequest } from '../wire/kafka-request.ts';
import { configNames, configsOf, descriptionOf } from './topic-configs.ts';

const lookAgainMs = 20;

/** Topics, offsets and groups of a cluster. Throws BrokerErrors beside the log's own. */
export class KafkaAdmin {
  readonly #client: KafkaClient;

  constructor(client: KafkaClient) {
    this.#client = client;
  }

  /** Resolves when every partition of the new topics has a leader. @throws {LOG_TOPIC_MISMATCH} with nothing created. */
  async createTopics(specs: readonly TopicSpec[]): Promise<void> {
    const wanted = specs.map((spec) => describeTopic(spec, ''));
    const existing = await this.describeTopics(wanted.map(({ name }) => name));
    for (const topic of existing) for (const one of wanted) if (one.name === topic.name) checkSameTopic(topic, one);
    const missing = wanted.filter(({ name }) => !existing.some((topic) => topic.name === name));
    if (missing.length === 0) return;
    const { replicationFactor, requestTimeoutMs } = this.#client.settings;
    const topics = missing.map((topic) => ({
      name: topic.name,
      partitionCount: topic.partitionCount,
      replicationFactor,
      configs: configsOf(topic),
    }));
    await this.#administer(createTopicsRequest(topics, requestTimeoutMs), kafkaCode.topicExists);
    const names = missing.map(({ name }) => name);
    await this.#until(async () => {
      const found = await this.#client.leaders.describe(names);
      return found.length === names.length && found.every(({ leaders }) => leaders.length > 0 && leaders.every((node) => node >= 0));
    }, 'new topics to have leaders');
    // Another process may have created one of them meanwhile, in another shape.
    for (const topic of await this.describeTopics(names))
      for (const one of missing) if (one.name === topic.name) checkSameTopic(topic, one);
  }

  async describeTopics(names: readonly string[]): Promise<readonly TopicDescription[]> {
    const found = await this.#client.leaders.describe([...new Set(names)]);
    if (found.length === 0) return [];
    const topics = found.map(({ topic }) => topic);
    const configs = await this.#retrying('DescribeConfigs', async () => {
      const answers = await this.#client.connection.sendToAny(describeConfigsRequest(topics, configNames));
      for (const { topic, code } of answers) if (code !== kafkaCode.unknownTopic) assertOk(code, `DescribeConfigs of ${topic}`);
      return answers;
    });
    return found.flatMap(({ topic, id, leaders }) => {
      const config = configs.find((candidate) => candidate.topic === topic);
      if (config === undefined || config.code !== 0) return [];
      return [descriptionOf({ name: topic, id, partitionCount: leaders.length }, config.values)];
    });
  }

  /** Resolves when the cluster has forgotten them. */
  async deleteTopics(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    await this.#administer(deleteTopicsRequest(names, this.#client.settings.requestTimeoutMs), kafkaCode.unknownTopic);
    await this.#until(async () => (await this.#client.leaders.describe(names)).length === 0, 'topics to be gone');
  }

  /** @throws {LOG_OFFSET_OUT_OF_RANGE} when a position is beyond the end. */
  async deleteRecords(at: readonly TopicPartitionOffset[]): Promise<void> {
    if (at.length === 0) return;
    const ranges = await this.offsets(at, 'read_uncommitted');
    for (const [index, { topic, partition, nextOffset }] of at.entries()) {
      const range = ranges[index];
      if (range !== undefined && nextOffset > range.nextOffset)
        throw offsetOutOfRange({ ...range, topic, partition, fromOffset: nextOffset });
    }
    const { requestTimeoutMs } = this.#client.settings;
    const behind = at.filter(({ nextOffset }, index) => nextOffset > (ranges[index]?.startOffset ?? 0n));
    await this.#client.perPartition(behind, {
      doing: 'DeleteRecords',
      request: (members) => deleteRecordsRequest(members, requestTimeoutMs),
    });
  }

  async offsets(partitions: readonly TopicPartition[], isolation: Isolation): Promise<readonly PartitionRange[]> {
    const list = async (where: bigint): Promise<ReadonlyMap<string, bigint>> => {
      const answers = await this.#client.perPartition(partitions, {
        doing: 'ListOffsets',
        request: (members) => listOffsetsRequest(members, isolation, where),
      });
      return new Map(answers.map((answer) => [partitionKey(answer), answer.offset]));
    };
    const [starts, ends] = await Promise.all([list(listAt.start), list(listAt.end)]);
    return partitions.map((at) => ({
      topic: at.topic,
      partition: at.partition,
      startOffset: starts.get(partitionKey(at)) ?? 0n,
      nextOffset: ends.get(partitionKey(at)) ?? 0n,
    }));
  }

  async listGroups(): Promise<readonly string[]> {
    const nodeIds = await this.#client.connection.nodeIds();
    const lists = await Promise.all(
      nodeIds.map((nodeId) =>
        this.#retrying('ListGroups', async () => {
          const answer = await this.#client.connection.sendTo(nodeId, listGroupsRequest());
          assertOk(answer.code, 'ListGroups');
          return answer.groupIds;
        }),
      ),
    );
    return [...new Set(lists.flat())].sort();
  }

  /** `harmless` is the code that says that it was so already. */
  async #administer(request: KafkaRequest<readonly TopicAnswer[]>, harmless: number): Promise<void> {
    await this.#retrying(request.api, async () => {
      for (const { topic, code, message } of await this.#client.connection.sendToAny(request)) {
        if (code !== harmless) assertOk(code, `${request.api} of ${topic}${message === '' ? '' : ` (${message})`}`);
      }
    });
  }

  #retrying<T>(doing: string, attempt: () => Promise<T>): Promise<T> {
    const { clock, retryWithinMs } = this.#client.settings;
    return retrying(attempt, { clock, withinMs: retryWithinMs, doing, onRetry: () => this.#client.connection.refreshBrokers() });
  }

  async #until(isDone: () => Promise<boolean>, what: string): Promise<void> {
    const { clock, retryWithinMs } = this.#client.settings;
    const endsAtMs = clock.monotonicMs() + retryWithinMs;
    while (!(await isDone())) {
      if (clock.monotonicMs() >= endsAtMs) throw new BrokerError(`waited ${retryWithinMs} ms for ${what}`, 'network');
      await pause(clock, lookAgainMs);
    }
  }
}
