import type { KeyringCrashPoint } from '../../processors/adapters/file-keyring/file-keyring.ts';
import type { Keyring } from '../../processors/ports/keyring.ts';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { createTopicSerdes, type TopicSerdes } from '../../schemas/avro-serde.ts';
import type { Analytics } from '../../sinks/clickhouse/open-analytics.ts';
import type { ImageLinks } from '../../sinks/ports/image-links.ts';
import { unforgottenObjects } from '../../sinks/s3/unforgotten-objects.ts';
import { runAll } from '../../topology/base/run-all.ts';
import type { Clock } from '../../topology/base/clock.ts';
import type { Logger } from '../../topology/base/logger.ts';
import { partitionOfKey } from '../../topology/base/partition.ts';
import type { Log } from '../../topology/log/log.ts';
import {
  embeddedAdapters,
  openAnalyticsOf,
  openKeyring,
  openLog,
  openObjects,
  openRegistry,
  openViews,
  type AdapterChoice,
  type AdapterEnvironment,
  type Views,
} from './adapters.ts';
import { foldersOf, makeFolder, type Folders } from './folders.ts';
import { sealSessionTopics } from './sealed-serdes.ts';
import { topicSpecs } from './topics.ts';

/** What every role needs, opened. */
export interface SharedStorage {
  readonly log: Log;
  /** Sealed under the session's key where a topic belongs to sessions. */
  readonly serdes: TopicSerdes;
  readonly plainSerdes: TopicSerdes;
  readonly keyring: Keyring;
  readonly objects: ObjectStore;
  /** Where browsers may be sent for pictures; undefined when the gateway hands them out itself. */
  readonly imageLinks: ImageLinks | undefined;
  /** Of the topics: fixed when they were made. */
  readonly partitionCount: number;
  readonly folders: Folders;
  close(): Promise<void>;
}

/** What the sinks fill and the gateway reads. */
export interface ReadSide {
  readonly views: Views;
  readonly analytics: Analytics;
  close(): Promise<void>;
}

/** Everything of a deployment that outlives the process. */
export type Storage = SharedStorage & ReadSide;

export interface SharedStorageOptions {
  readonly adapters: AdapterChoice;
  readonly folders: Folders;
  /** For new topics. */
  readonly partitionCount: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For crash tests. */
  readonly keyringCrashPoint?: (point: KeyringCrashPoint) => void;
}

/**
 * Opens log, keyring, objects and schemas; folders and topics are made when missing.
 * @throws {LOG_LOCKED} when another process has the embedded log; {LOG_UNAVAILABLE} when no broker answers; the codes of objects and keyring when they
 * are damaged.
 */
export async function openShared(options: SharedStorageOptions): Promise<SharedStorage> {
  const { adapters, folders, keyringCrashPoint } = options;
  // The log first: its lock is what tells a second process on the folder.
  const log = await openLog(adapters, options);
  try {
    const partitionCount = await ensureTopics(log, options.partitionCount);
    const keyring = openKeyring(options, keyringCrashPoint && { crashPoint: keyringCrashPoint });
    const plainSerdes = await createTopicSerdes(openRegistry(adapters, options));
    const serdes = sealSessionTopics(plainSerdes, keyring);
    const { store, imageLinks, close: closeObjects } = await openObjects(adapters, options);
    const objects = unforgottenObjects(store, keyring);
    const close = (): Promise<void> => runAll([closeObjects, () => log.close()]);
    return { log, serdes, plainSerdes, keyring, objects, imageLinks, partitionCount, folders, close };
  } catch (error) {
    // What refused to open says more than what then refused to close.
    await log.close().catch(() => undefined);
    throw error;
  }
}

const viewTopics = ['guide.steps.v1', 'guide.sessions.v1', 'guide.finished.v1'] as const;

/** Opens views and analytics on what `openShared` opened; close it before. */
export async function openReadSide(
  shared: Pick<SharedStorage, 'log' | 'serdes' | 'keyring' | 'partitionCount'>,
  adapters: AdapterChoice,
  environment: AdapterEnvironment,
): Promise<ReadSide> {
  const { log, serdes, keyring, partitionCount } = shared;
  const livePartitionOf = (tenantId: string, sessionId: string) => ({
    topic: 'guide.steps.v1',
    partition: partitionOfKey(Buffer.from(`${tenantId}/${sessionId}`), partitionCount),
  });
  const topicIds = async () => new Map((await log.describeTopics(viewTopics)).map(({ name, id }) => [name, id]));
  const views = await openViews(adapters, environment, { livePartitionOf, keyring, topicIds });
  try {
    const analytics = openAnalyticsOf(adapters, environment, serdes);
    return { views, analytics, close: () => runAll([() => analytics.close(), () => views.close()]) };
  } catch (error) {
    await views.close().catch(() => undefined);
    throw error;
  }
}

export interface StorageOptions extends Pick<SharedStorageOptions, 'partitionCount' | 'clock' | 'logger' | 'keyringCrashPoint'> {
  readonly dataFolder: string;
  readonly logSync: 'never' | 'always';
  readonly analytics: boolean;
}

/**
 * Opens the folder of an embedded platform, made when missing.
 * @throws {LOG_LOCKED} when another process has it; the codes of the log, the views, the objects and the keyring when they are damaged.
 */
export async function openStorage({ dataFolder, logSync, analytics, ...rest }: StorageOptions): Promise<Storage> {
  makeFolder(dataFolder, '--data');
  const adapters: AdapterChoice = { ...embeddedAdapters, logSync, analytics: analytics ? 'chdb' : 'off' };
  return openWhole({ ...rest, adapters, folders: foldersOf(dataFolder) });
}

/** Opens everything that the adapters name. @throws what `openShared` and `openReadSide` throw. */
export async function openWhole(options: SharedStorageOptions): Promise<Storage> {
  const shared = await openShared(options);
  try {
    return joined(shared, await openReadSide(shared, options.adapters, options));
  } catch (error) {
    await shared.close().catch(() => undefined);
    throw error;
  }
}

/** Both parts as one, closed in order. */
export function joined(shared: SharedStorage, readSide: ReadSide): Storage {
  return { ...shared, ...readSide, close: () => runAll([() => readSide.close(), () => shared.close()]) };
}

/** Topics keep the partition count that they were made with: with another one a session would change its partition. */
async function ensureTopics(log: Log, wantedCount: number): Promise<number> {
  const [standing] = await log.describeTopics(['capture.events.v1']);
  const partitionCount = standing?.partitionCount ?? wantedCount;
  await log.createTopics(topicSpecs(partitionCount));
  return partitionCount;
}
