import type * as port from '../log.ts';
import { LocalClients } from '../local/local-clients.ts';
import type { LocalStorage } from '../local/local-storage.ts';
import { CommitQueue } from './commit-queue.ts';
import { removeOwner } from './directory-owner.ts';
import type { EmbeddedLogOptions, EmbeddedSettings } from './embedded-options.ts';
import { settingsOf } from './embedded-options.ts';
import { EmbeddedOffsets } from './embedded-offsets.ts';
import type { EmbeddedSinkDeps } from './embedded-sink.ts';
import { createEmbeddedProducer, EmbeddedSink } from './embedded-sink.ts';
import { Maintenance } from './maintenance.ts';
import { openDirectory } from './open-directory.ts';
import { classifyRocksError } from './rocks-errors.ts';
import type { Rocks } from './rocks.ts';
import { databaseDirectory } from './rocks.ts';
import { SpaceGuard } from './space-guard.ts';
import { TailCache } from './tail-cache.ts';
import { TopicCatalog } from './topic-catalog.ts';
import { moveStart, removeGarbage } from './trim.ts';
import { WalSync } from './wal-sync.ts';

/** The port, and what an operator may do besides. */
export interface EmbeddedLog extends port.Log {
  /** Runs retention, compaction and removal once over all topics, whatever their state. Otherwise they run on a timer. */
  maintain(): Promise<void>;
  /** Every topic, internal ones too. */
  topicNames(): readonly string[];
  /** Ends a membership as a session timeout would; the member learns it at its next poll (`onLost`). */
  evictMember(groupId: string, memberId: string): void;
}

/**
 * A durable log in one directory for one process: records and committed positions in one RocksDB, groups and ownership of transactional ids
 * in memory (the directory lock stands for fencing between processes).
 * @throws {LOG_LOCKED} {LOG_CORRUPT} {LOG_FORMAT_VERSION} {LOG_DISK_FULL}
 */
export async function openEmbeddedLog(options: EmbeddedLogOptions): Promise<EmbeddedLog> {
  const settings = settingsOf(options);
  const rocks = await openDirectory(settings.directory, settings);
  try {
    const log = new DirectoryLog(rocks, settings);
    await log.start();
    return log;
  } catch (error) {
    await rocks.close();
    throw error;
  }
}

class DirectoryLog implements EmbeddedLog {
  readonly #rocks: Rocks;
  readonly #topics: TopicCatalog;
  readonly #offsets: EmbeddedOffsets;
  readonly #clients: LocalClients;
  readonly #queue: CommitQueue;
  readonly #wal: WalSync;
  readonly #space: SpaceGuard;
  readonly #maintenance: Maintenance;
  readonly #sinkDeps: EmbeddedSinkDeps;
  readonly #owners = new Map<string, EmbeddedSink>();
  readonly #settings: EmbeddedSettings;
  #cancelSyncTimer = (): void => {};
  #closing: Promise<void> | undefined;

  constructor(rocks: Rocks, settings: EmbeddedSettings) {
    const { clock, directory, minFreeBytes, freeBytes } = settings;
    this.#rocks = rocks;
    this.#settings = settings;
    this.#topics = new TopicCatalog(rocks, new TailCache(settings.tailCacheBytes));
    this.#offsets = new EmbeddedOffsets(rocks, this.#topics);
    this.#wal = new WalSync({ directory: databaseDirectory(directory), writeCount: () => rocks.writeCount });
    const monotonicMs = (): number => clock.monotonicMs();
    this.#space = new SpaceGuard({ directory, minFreeBytes, monotonicMs, ...(freeBytes === undefined ? {} : { freeBytes }) });
    this.#queue = this.#createQueue();
    this.#clients = new LocalClients(this.#createStorage(), clock);
    this.#maintenance = this.#createMaintenance();
    this.#sinkDeps = {
      topics: this.#topics,
      queue: this.#queue,
      maxRecordBytes: settings.maxRecordBytes,
      assertOpen: () => this.#clients.assertOpen(),
      checkCommit: (membership, offsets) => this.#clients.groups.checkCommit(membership, offsets),
      onClose: this.#clients.forget,
    };
  }

  async start(): Promise<void> {
    await this.#space.look();
    this.#maintenance.start();
    this.#scheduleSync();
  }

  async createTopics(topics: readonly port.TopicSpec[]): Promise<void> {
    this.#clients.assertOpen();
    this.#topics.create(topics);
  }

  async describeTopics(names: readonly string[]): Promise<readonly port.TopicDescription[]> {
    return names.flatMap((name) => this.#topics.get(name)?.description ?? []);
  }

  topicNames(): readonly string[] {
    return Array.from(this.#topics.all, ({ description }) => description.name);
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    this.#clients.assertOpen();
    const deleting = this.#topics.delete(names);
    for (const name of names) this.#offsets.forgetTopic(name);
    this.#clients.signals.wakeAll();
    await deleting;
  }

  async deleteRecords(at: readonly port.TopicPartitionOffset[]): Promise<void> {
    this.#clients.assertOpen();
    for (const position of at) {
      const partition = this.#topics.partition(position);
      if (position.nextOffset > partition.nextOffset) partition.checkRange(position.nextOffset);
      moveStart(this.#rocks, partition, position.nextOffset);
    }
    for (const position of at) await removeGarbage(this.#rocks, this.#topics.partition(position));
  }

  async openSource(options: port.SourceOptions): Promise<port.GroupedSource> {
    this.#clients.assertOpen();
    return this.#clients.openSource(options);
  }

  async openSink({ transactionalId }: port.SinkOptions): Promise<port.TransactionalSink> {
    this.#clients.assertOpen();
    const older = this.#owners.get(transactionalId);
    if (older !== undefined) this.#clients.forget(older);
    older?.fence();
    const sink = this.#clients.track(new EmbeddedSink(this.#sinkDeps, transactionalId));
    this.#owners.set(transactionalId, sink);
    return sink;
  }

  async openProducer(): Promise<port.Producer> {
    this.#clients.assertOpen();
    return createEmbeddedProducer(this.#sinkDeps);
  }

  async openReader(options: port.ReaderOptions): Promise<port.PartitionReader> {
    this.#clients.assertOpen();
    return this.#clients.openReader(options);
  }

  async offsets(partitions: readonly port.TopicPartition[]): Promise<readonly port.PartitionRange[]> {
    this.#clients.assertOpen();
    return partitions.map((at) => this.#topics.partition(at).range());
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

  async sync(): Promise<void> {
    this.#clients.assertOpen();
    await this.#wal.sync().catch((error: unknown) => {
      throw classifyRocksError(error, this.#settings.directory);
    });
  }

  async maintain(): Promise<void> {
    this.#clients.assertOpen();
    await this.#maintenance.run(true);
  }

  evictMember(groupId: string, memberId: string): void {
    this.#clients.groups.evict(groupId, memberId);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#cancelSyncTimer();
    await this.#clients.close();
    await this.#maintenance.stop();
    // Closing flushes and syncs the WAL as well.
    await this.#rocks.close();
    await removeOwner(this.#settings.directory);
  }

  #createStorage(): LocalStorage {
    return {
      partitionCount: (topic) => this.#topics.get(topic)?.description.partitionCount,
      read: (request) => this.#topics.partition(request).read(request),
      range: (at) => this.#topics.partition(at).range(),
      committed: (groupId, at) => this.#offsets.committed(groupId, at),
      commitOffsets: async ({ groupId, offsets, check }) => {
        await this.#queue.append({ check, records: new Map(), offsets: { groupId, commits: offsets } });
      },
    };
  }

  #createQueue(): CommitQueue {
    const { clock, sync } = this.#settings;
    return new CommitQueue({
      rocks: this.#rocks,
      topics: this.#topics,
      offsets: this.#offsets,
      nowMs: () => clock.nowMs(),
      wake: (partition) => this.#clients.signals.wake(partition.key),
      harden: () => (sync === 'always' ? this.#wal.sync() : Promise.resolve()),
      checkSpace: () => this.#space.check(),
    });
  }

  #createMaintenance(): Maintenance {
    const { clock, maintenanceIntervalMs, compactionMaxKeys, logger } = this.#settings;
    const onError = (error: unknown): void => logger.error({ error }, 'retention or compaction of the log failed; it will be tried again');
    return new Maintenance({
      rocks: this.#rocks,
      topics: this.#topics,
      clock,
      intervalMs: maintenanceIntervalMs,
      compactionMaxKeys,
      onError,
    });
  }

  #scheduleSync(): void {
    const { sync, clock, logger } = this.#settings;
    if (typeof sync === 'string' || this.#closing !== undefined) return;
    this.#cancelSyncTimer = clock.setTimer(sync.everyMs, () => {
      this.#wal
        .sync()
        .catch((error: unknown) => logger.error({ error }, 'the log could not be synced to the disk; it will be tried again'))
        .finally(() => this.#scheduleSync());
    });
  }
}
