import type { Clock } from '../../base/clock.ts';
import { createSystemClock } from '../../base/clock.ts';
import { LocalClients } from '../local/local-clients.ts';
import type { LocalStorage } from '../local/local-storage.ts';
import { logClosed, unknownTopic } from '../local/log-errors.ts';
import { partitionKey } from '../local/partition-key.ts';
import { checkSameTopic, describeTopic } from '../local/topic-rules.ts';
import type * as port from '../log.ts';
import { MemoryPartition } from './memory-partition.ts';
import { GroupOffsets } from '../local/group-offsets.ts';
import type { MemorySinkHost } from './memory-sink.ts';
import { checkedPartition, MemorySink } from './memory-sink.ts';

export interface MemoryLogOptions {
  /** For time stamps of appends, waiting polls and transaction timeouts. Default: the machine's. */
  readonly clock?: Clock;
  /** Key, value and headers of one record. Default 8 MiB. */
  readonly maxRecordBytes?: number;
}

/** The port, and what a test may do besides. */
export interface MemoryLog extends port.Log {
  /** Runs retention and compaction once over all topics. They never run by themselves here. */
  maintain(): Promise<void>;
  /** Ends a membership as a session timeout would; the member learns it at its next poll (`onLost`). */
  evictMember(groupId: string, memberId: string): void;
}

interface Topic {
  readonly description: port.TopicDescription;
  readonly partitions: readonly MemoryPartition[];
}

const defaultMaxRecordBytes = 8_388_608;

/** A whole log in this process' memory, with Kafka's visible behaviour: offsets of markers, last stable offset, fencing. For tests and trials. */
export function createMemoryLog(options: MemoryLogOptions = {}): MemoryLog {
  return new InMemoryLog(options.clock ?? createSystemClock(), options.maxRecordBytes ?? defaultMaxRecordBytes);
}

class InMemoryLog implements MemoryLog {
  readonly #clock: Clock;
  readonly #clients: LocalClients;
  readonly #topics = new Map<string, Topic>();
  readonly #offsets = new GroupOffsets();
  readonly #owners = new Map<string, MemorySink>();
  readonly #sinkHost: MemorySinkHost;
  #createdCount = 0;

  constructor(clock: Clock, maxRecordBytes: number) {
    this.#clock = clock;
    const storage: LocalStorage = {
      partitionCount: (topic) => this.#topics.get(topic)?.description.partitionCount,
      read: (request) => this.#partition(request).read(request),
      range: (at, isolation) => this.#partition(at).range(isolation),
      committed: (groupId, at) => this.#offsets.committed(groupId, at),
      commitOffsets: async ({ groupId, offsets, check }) => {
        check();
        this.#offsets.store(groupId, offsets);
      },
    };
    this.#clients = new LocalClients(storage, clock);
    this.#sinkHost = {
      maxRecordBytes,
      nowMs: () => clock.nowMs(),
      setTimer: (delayMs, callback) => clock.setTimer(delayMs, callback),
      partition: (topic, partition) => this.#partition({ topic, partition }),
      checkCommit: (membership, offsets) => this.#clients.groups.checkCommit(membership, offsets),
      storeOffsets: (groupId, offsets) => this.#offsets.store(groupId, offsets),
      wake: (partition) => this.#clients.signals.wake(partitionKey(partition.at)),
      onClose: (sink) => this.#clients.forget(sink),
    };
  }

  async createTopics(specs: readonly port.TopicSpec[]): Promise<void> {
    this.#clients.assertOpen();
    const wanted = specs.map((spec) => describeTopic(spec, `memory-${(this.#createdCount += 1)}`));
    for (const topic of wanted) {
      const existing = this.#topics.get(topic.name);
      if (existing !== undefined) checkSameTopic(existing.description, topic);
    }
    for (const description of wanted) {
      if (this.#topics.has(description.name)) continue;
      const partitions = Array.from(
        { length: description.partitionCount },
        (_, partition) => new MemoryPartition({ topic: description.name, partition }),
      );
      this.#topics.set(description.name, { description, partitions });
    }
  }

  async describeTopics(names: readonly string[]): Promise<readonly port.TopicDescription[]> {
    return names.flatMap((name) => this.#topics.get(name)?.description ?? []);
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    this.#clients.assertOpen();
    for (const name of names) {
      this.#topics.delete(name);
      this.#offsets.forgetTopic(name);
    }
    this.#clients.signals.wakeAll();
  }

  async deleteRecords(at: readonly port.TopicPartitionOffset[]): Promise<void> {
    this.#clients.assertOpen();
    for (const position of at) this.#partition(position).deleteBefore(position.nextOffset);
  }

  async openSource(options: port.SourceOptions): Promise<port.GroupedSource> {
    this.#clients.assertOpen();
    return this.#clients.openSource(options);
  }

  async openSink(options: port.SinkOptions): Promise<port.TransactionalSink> {
    this.#clients.assertOpen();
    const older = this.#owners.get(options.transactionalId);
    if (older !== undefined) this.#clients.forget(older);
    older?.fence();
    const sink = this.#clients.track(new MemorySink(this.#sinkHost, options));
    this.#owners.set(options.transactionalId, sink);
    return sink;
  }

  async openProducer(): Promise<port.Producer> {
    this.#clients.assertOpen();
    let isClosed = false;
    return {
      send: async (records) => {
        if (isClosed) throw logClosed('this producer');
        return this.#append(records);
      },
      close: async () => void (isClosed = true),
    };
  }

  async openReader(options: port.ReaderOptions): Promise<port.PartitionReader> {
    this.#clients.assertOpen();
    return this.#clients.openReader(options);
  }

  async offsets(partitions: readonly port.TopicPartition[], isolation: port.Isolation): Promise<readonly port.PartitionRange[]> {
    this.#clients.assertOpen();
    return partitions.map((at) => this.#partition(at).range(isolation));
  }

  async committed(groupId: string, partitions: readonly port.TopicPartition[]): Promise<readonly port.CommittedOffset[]> {
    this.#clients.assertOpen();
    return partitions.map((at) => this.#offsets.committed(groupId, at));
  }

  async listGroups(): Promise<readonly string[]> {
    return this.#offsets.groupIds();
  }

  async describeGroup(groupId: string): Promise<port.GroupDescription> {
    this.#clients.assertOpen();
    return this.#clients.groups.describe(groupId);
  }

  /** Nothing here survives the process, so there is nothing to wait for. */
  sync(): Promise<void> {
    return Promise.resolve();
  }

  async maintain(): Promise<void> {
    const nowMs = this.#clock.nowMs();
    for (const { description, partitions } of this.#topics.values()) {
      for (const partition of partitions) {
        if (description.cleanup !== 'compact') partition.applyRetention(description, nowMs);
        if (description.cleanup !== 'delete') partition.compact(description, nowMs);
      }
    }
  }

  evictMember(groupId: string, memberId: string): void {
    this.#clients.groups.evict(groupId, memberId);
  }

  close(): Promise<void> {
    return this.#clients.close();
  }

  #append(records: readonly port.OutputRecord[]): readonly bigint[] {
    this.#clients.assertOpen();
    const nowMs = this.#clock.nowMs();
    const targets = records.map((record) => ({ record, partition: checkedPartition(this.#sinkHost, record) }));
    const offsets = targets.map(({ record, partition }) => partition.append(record, undefined, nowMs));
    for (const { partition } of targets) this.#sinkHost.wake(partition);
    return offsets;
  }

  #partition(at: port.TopicPartition): MemoryPartition {
    const partition = this.#topics.get(at.topic)?.partitions[at.partition];
    if (partition === undefined) throw unknownTopic(at);
    return partition;
  }
}
