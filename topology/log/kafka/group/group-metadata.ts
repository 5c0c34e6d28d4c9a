import type { TopicPartition } from '../../log.ts';
import { byTopic } from '../wire/by-topic.ts';
import { WireReader } from '../wire/wire-reader.ts';
import { WireWriter } from '../wire/wire-writer.ts';

/**
 * What members and leader tell each other, in Kafka's own layouts (`ConsumerProtocolSubscription` and `ConsumerProtocolAssignment`, version 1), so that
 * Kafka's tools can show a group. User data of a subscription is wrapped: version, generation in which the partitions were held, count of requests, user data.
 * Versions: 1. Behind an assignment stands, since 0.1, which member it was made for; readers that do not know of it stop before.
 */
const layoutVersion = 1;
const userDataVersion = 1;

export interface Subscription {
  readonly topics: readonly string[];
  readonly userData: Buffer;
  /** Held at the time of joining, under `generation`. */
  readonly owned: readonly TopicPartition[];
  readonly generation: number;
  /** Changes when the member asks for a rebalance: a follower's join with unchanged metadata causes none. */
  readonly requestCount: number;
}

export function encodeSubscription(subscription: Subscription): Buffer {
  const userData = new WireWriter(false)
    .int8(userDataVersion)
    .int32(subscription.generation)
    .int32(subscription.requestCount)
    .bytes(subscription.userData)
    .finish();
  const writer = new WireWriter(false).int16(layoutVersion);
  writer.array(subscription.topics, (topic) => writer.string(topic)).bytes(userData);
  writePartitions(writer, subscription.owned);
  return writer.finish();
}

/** A subscription without wrapped user data (another client in the group) reads as one that holds nothing. */
export function decodeSubscription(bytes: Buffer): Subscription {
  const reader = new WireReader(bytes, false);
  reader.int16();
  const topics = reader.array(() => reader.string());
  const wrapped = reader.bytes();
  const owned = readPartitions(reader);
  if (wrapped[0] !== userDataVersion) return { topics, userData: wrapped, owned: [], generation: -1, requestCount: 0 };
  const inner = new WireReader(wrapped, false);
  inner.int8();
  return { topics, owned, generation: inner.int32(), requestCount: inner.int32(), userData: Buffer.from(inner.bytes()) };
}

export interface Share {
  readonly partitions: readonly TopicPartition[];
  readonly userData: Buffer;
  /** The broker's name of the member that it was made for; empty when the leader did not say. */
  readonly bearer: string;
}

export function encodeShare({ partitions, userData, bearer }: Share): Buffer {
  const writer = new WireWriter(false).int16(layoutVersion);
  writePartitions(writer, partitions);
  return writer.bytes(userData).string(bearer).finish();
}

/** No bytes are an empty share: the leader left this member out. */
export function decodeShare(bytes: Buffer): Share {
  if (bytes.length === 0) return { partitions: [], userData: Buffer.alloc(0), bearer: '' };
  const reader = new WireReader(bytes, false);
  reader.int16();
  const partitions = readPartitions(reader);
  return { partitions, userData: Buffer.from(reader.bytes()), bearer: reader.isAtEnd() ? '' : reader.string() };
}

function writePartitions(writer: WireWriter, partitions: readonly TopicPartition[]): void {
  writer.array(byTopic(partitions), ({ topic, partitions: members }) =>
    writer.string(topic).array(members, ({ partition }) => writer.int32(partition)),
  );
}

function readPartitions(reader: WireReader): TopicPartition[] {
  return reader
    .array(() => {
      const topic = reader.string();
      return reader.array(() => ({ topic, partition: reader.int32() }));
    })
    .flat();
}
