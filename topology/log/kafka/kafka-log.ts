import type * as port from '../log.ts';
import { logClosed, staleMember, unknownTopic } from '../local/log-errors.ts';
import { KafkaAdmin } from './admin/kafka-admin.ts';
import { KafkaClient } from './client/kafka-client.ts';
import { describeGroup } from './group/describe-group.ts';
import { KafkaSource } from './group/kafka-source.ts';
import { fetchCommitted } from './group/start-positions.ts';
import { toLogError } from './kafka-errors.ts';
import type { KafkaLogOptions } from './kafka-options.ts';
import { kafkaSettings } from './kafka-options.ts';
import { KafkaReader } from './read/kafka-reader.ts';
import { KafkaProducer } from './write/kafka-producer.ts';
import { KafkaSink } from './write/kafka-sink.ts';

/** A log on a Kafka cluster (brokers from 3.0 on). Connections are opened when they are first needed. */
export function createKafkaLog(options: KafkaLogOptions): port.Log {
  return new KafkaLog(options);
}

interface Closable {
  close(): Promise<void>;
}

/** Owns what was opened on it, and who bears which transactional id and member id in this process. */
class KafkaLog implements port.Log {
  readonly #client: KafkaClient;
  readonly #admin: KafkaAdmin;
  readonly #open = new Set<Closable>();
  readonly #sinks = new Map<string, KafkaSink>();
  readonly #sources = new Map<string, KafkaSource>();
  #isClosed = false;

  constructor(options: KafkaLogOptions) {
    this.#client = new KafkaClient(kafkaSettings(options));
    this.#admin = new KafkaAdmin(this.#client);
  }

  createTopics(topics: readonly port.TopicSpec[]): Promise<void> {
    return this.#guarded(() => this.#admin.createTopics(topics));
  }

  describeTopics(names: readonly string[]): Promise<readonly port.TopicDescription[]> {
    return this.#guarded(() => this.#admin.describeTopics(names));
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return this.#guarded(() => this.#admin.deleteTopics(names));
  }

  deleteRecords(at: readonly port.TopicPartitionOffset[]): Promise<void> {
    return this.#guarded(() => this.#admin.deleteRecords(at));
  }

  openSource(options: port.SourceOptions): Promise<port.GroupedSource> {
    return this.#guarded(async () => {
      for (const topic of options.topics) await this.#requireTopic(topic);
      const key = memberKey(options);
      const source = new KafkaSource(this.#client, options, (closed) => {
        this.#open.delete(closed);
        if (this.#sources.get(key) === closed) this.#sources.delete(key);
      });
      this.#sources.set(key, source);
      return this.#track(source);
    });
  }

  openSink(options: port.SinkOptions): Promise<port.TransactionalSink> {
    return this.#guarded(async () => {
      const { transactionalId } = options;
      this.#sinks.get(transactionalId)?.fence();
      const onClose = (closed: KafkaSink): void => {
        this.#open.delete(closed);
        if (this.#sinks.get(transactionalId) === closed) this.#sinks.delete(transactionalId);
      };
      const sourceOf = (membership: port.GroupMembership): KafkaSource => this.#sourceOf(membership);
      const sink = await KafkaSink.open({ client: this.#client, sourceOf, onClose }, options);
      this.#sinks.get(transactionalId)?.fence();
      this.#sinks.set(transactionalId, sink);
      return this.#track(sink);
    });
  }

  openProducer(): Promise<port.Producer> {
    return this.#guarded(async () => this.#track(new KafkaProducer(this.#client, (closed) => this.#open.delete(closed))));
  }

  openReader(options: port.ReaderOptions): Promise<port.PartitionReader> {
    return this.#guarded(async () => {
      await this.#client.awaitLeaders(options.from);
      return this.#track(new KafkaReader(this.#client, options, (closed) => this.#open.delete(closed)));
    });
  }

  offsets(partitions: readonly port.TopicPartition[], isolation: port.Isolation): Promise<readonly port.PartitionRange[]> {
    return this.#guarded(() => this.#admin.offsets(partitions, isolation));
  }

  committed(groupId: string, partitions: readonly port.TopicPartition[]): Promise<readonly port.CommittedOffset[]> {
    return this.#guarded(() => fetchCommitted(this.#client, groupId, partitions));
  }

  listGroups(): Promise<readonly string[]> {
    return this.#guarded(() => this.#admin.listGroups());
  }

  describeGroup(groupId: string): Promise<port.GroupDescription> {
    return this.#guarded(() => describeGroup(this.#client, groupId));
  }

  /** A commit is answered by all in-sync replicas: there is nothing to wait for. */
  sync(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all([...this.#open].map((closable) => closable.close()));
    await this.#client.close();
  }

  #sourceOf(membership: port.GroupMembership): KafkaSource {
    const source = this.#sources.get(memberKey(membership));
    if (source === undefined) throw staleMember(membership, 'no source of this process bears this member id');
    return source;
  }

  async #requireTopic(topic: string): Promise<void> {
    if ((await this.#client.leaders.partitionCount(topic)) === undefined) throw unknownTopic({ topic, partition: 0 });
  }

  #track<T extends Closable>(closable: T): T {
    this.#open.add(closable);
    return closable;
  }

  async #guarded<T>(call: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw logClosed('this log');
    try {
      return await call();
    } catch (error) {
      throw toLogError(error);
    }
  }
}

function memberKey({ groupId, memberId }: { readonly groupId: string; readonly memberId: string }): string {
  return JSON.stringify([groupId, memberId]);
}
