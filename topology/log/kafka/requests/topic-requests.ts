import type { TopicPartition, TopicPartitionOffset } from '../../log.ts';
import { byTopic } from '../wire/by-topic.ts';
import type { KafkaRequest } from '../wire/kafka-request.ts';

export interface TopicMetadata {
  readonly code: number;
  readonly topic: string;
  /** Changes when the topic is created anew. */
  readonly id: string;
  /** Node id by partition number; -1 while there is none. */
  readonly leaders: readonly number[];
}

/** Metadata v12: the first common version with topic ids. */
export function metadataRequest(topics: readonly string[]): KafkaRequest<readonly TopicMetadata[]> {
  return {
    api: 'Metadata',
    version: 12,
    isFlexible: true,
    write: (writer) => {
      writer.array(topics, (topic) => writer.raw(Buffer.alloc(16)).nullableString(topic).tags());
      writer.boolean(false).boolean(false).tags();
    },
    read: (reader) => {
      reader.int32();
      reader.array(() => {
        reader.int32();
        reader.string();
        reader.int32();
        reader.nullableString();
        reader.tags();
      });
      reader.nullableString();
      reader.int32();
      return reader.array(() => {
        const code = reader.int16();
        const topic = reader.string();
        const id = reader.uuid();
        reader.boolean();
        const leaders: number[] = [];
        reader.array(() => {
          reader.int16();
          const partition = reader.int32();
          leaders[partition] = reader.int32();
          reader.int32();
          for (let list = 0; list < 3; list++) reader.array(() => reader.int32());
          reader.tags();
        });
        reader.int32();
        reader.tags();
        return { code, topic, id, leaders };
      });
    },
  };
}

export interface NewTopic {
  readonly name: string;
  readonly partitionCount: number;
  readonly replicationFactor: number;
  readonly configs: ReadonlyMap<string, string>;
}

export interface TopicAnswer {
  readonly topic: string;
  readonly code: number;
  readonly message: string;
}

/** CreateTopics v4; replication factor -1 takes the broker's default. */
export function createTopicsRequest(topics: readonly NewTopic[], timeoutMs: number): KafkaRequest<readonly TopicAnswer[]> {
  return {
    api: 'CreateTopics',
    version: 4,
    isFlexible: false,
    write: (writer) => {
      writer.array(topics, ({ name, partitionCount, replicationFactor, configs }) => {
        writer.string(name).int32(partitionCount).int16(replicationFactor);
        writer.array([], () => {});
        writer.array([...configs], ([config, value]) => writer.string(config).nullableString(value));
      });
      writer.int32(timeoutMs).boolean(false);
    },
    read: (reader) => {
      reader.int32();
      return reader.array(() => ({ topic: reader.string(), code: reader.int16(), message: reader.string() }));
    },
  };
}

/** DeleteTopics v3. */
export function deleteTopicsRequest(names: readonly string[], timeoutMs: number): KafkaRequest<readonly TopicAnswer[]> {
  return {
    api: 'DeleteTopics',
    version: 3,
    isFlexible: false,
    write: (writer) => {
      writer.array(names, (name) => writer.string(name)).int32(timeoutMs);
    },
    read: (reader) => {
      reader.int32();
      return reader.array(() => ({ topic: reader.string(), code: reader.int16(), message: '' }));
    },
  };
}

/** DeleteRecords v1, to the leader of the partitions. */
export function deleteRecordsRequest(
  at: readonly TopicPartitionOffset[],
  timeoutMs: number,
): KafkaRequest<readonly (TopicPartition & { readonly code: number })[]> {
  return {
    api: 'DeleteRecords',
    version: 1,
    isFlexible: false,
    write: (writer) => {
      writer.array(byTopic(at), ({ topic, partitions }) =>
        writer.string(topic).array(partitions, ({ partition, nextOffset }) => writer.int32(partition).int64(nextOffset)),
      );
      writer.int32(timeoutMs);
    },
    read: (reader) => {
      reader.int32();
      return reader
        .array(() => {
          const topic = reader.string();
          return reader.array(() => {
            const partition = reader.int32();
            reader.int64();
            return { topic, partition, code: reader.int16() };
          });
        })
        .flat();
    },
  };
}

export interface TopicConfigs {
  readonly topic: string;
  readonly code: number;
  readonly values: ReadonlyMap<string, string>;
}

const topicResource = 2;

/** DescribeConfigs v2: the values in force of these settings. */
export function describeConfigsRequest(topics: readonly string[], names: readonly string[]): KafkaRequest<readonly TopicConfigs[]> {
  return {
    api: 'DescribeConfigs',
    version: 2,
    isFlexible: false,
    write: (writer) => {
      writer.array(topics, (topic) =>
        writer
          .int8(topicResource)
          .string(topic)
          .array(names, (name) => writer.string(name)),
      );
      writer.boolean(false);
    },
    read: (reader) => {
      reader.int32();
      return reader.array(() => {
        const code = reader.int16();
        reader.string();
        reader.int8();
        const topic = reader.string();
        const values = reader.array(() => {
          const name = reader.string();
          const value = reader.string();
          reader.boolean();
          reader.int8();
          reader.boolean();
          reader.array(() => {
            reader.string();
            reader.nullableString();
            reader.int8();
          });
          return [name, value] as const;
        });
        return { topic, code, values: new Map(values) };
      });
    },
  };
}
