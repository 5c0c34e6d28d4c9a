import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createFileKeyring, type FileKeyringOptions, type KeyringCrashPoint } from '../../processors/adapters/file-keyring/file-keyring.ts';
import type { Keyring } from '../../processors/ports/keyring.ts';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { createTopicSerdes, type TopicSerdes } from '../../schemas/avro-serde.ts';
import { createFileRegistry } from '../../schemas/registry/file-registry.ts';
import { openAnalytics, type Analytics } from '../../sinks/clickhouse/open-analytics.ts';
import type { ViewReader, ViewWriter } from '../../sinks/ports/views.ts';
import { openFolderObjectStore } from '../../sinks/s3/folder/folder-object-store.ts';
import { unforgottenObjects } from '../../sinks/s3/unforgotten-objects.ts';
import { openEmbeddedViews } from '../../sinks/scylla/embedded/embedded-views.ts';
import { runAll } from '../../topology/base/run-all.ts';
import type { Clock } from '../../topology/base/clock.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { Logger } from '../../topology/base/logger.ts';
import { partitionOfKey } from '../../topology/base/partition.ts';
import { openEmbeddedLog, type EmbeddedLog } from '../../topology/log/embedded/embedded-log.ts';
import { sealSessionTopics } from './sealed-serdes.ts';
import { topicSpecs } from './topics.ts';

/** API keys of a data folder, hashed. */
export const keyFileName = 'api-keys.json';

/** Everything of a data folder that outlives the process, opened. Concrete adapters are picked here and nowhere else. */
export interface Storage {
  readonly log: EmbeddedLog;
  /** Sealed under the session's key where a topic belongs to sessions. */
  readonly serdes: TopicSerdes;
  readonly plainSerdes: TopicSerdes;
  readonly keyring: Keyring;
  readonly objects: ObjectStore;
  readonly views: ViewWriter & ViewReader;
  readonly analytics: Analytics;
  /** Of the folder: fixed when it was made. */
  readonly partitionCount: number;
  readonly stateFolder: string;
  readonly keyFile: string;
  close(): Promise<void>;
}

export interface StorageOptions {
  readonly dataFolder: string;
  /** For a new folder. */
  readonly partitionCount: number;
  readonly logSync: 'never' | 'always';
  readonly analytics: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For crash tests. */
  readonly keyringCrashPoint?: (point: KeyringCrashPoint) => void;
}

/**
 * Opens the folder of an embedded platform, made when missing.
 * @throws {LOG_LOCKED} when another process has it; the codes of the log, the views, the objects and the keyring when they are damaged.
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const { dataFolder, clock, logger } = options;
  makeFolder(dataFolder);
  // The log first: its lock is what tells a second process on the folder.
  const log = await openEmbeddedLog({ directory: join(dataFolder, 'log'), sync: options.logSync, clock, logger });
  const opened: (() => Promise<void>)[] = [() => log.close()];
  try {
    const partitionCount = await ensureTopics(log, options.partitionCount);
    const keyring = createFileKeyring({ directory: join(dataFolder, 'keys'), clock, ...crashPointOf(options) });
    const objects = unforgottenObjects(await openFolderObjectStore({ folder: join(dataFolder, 'objects'), clock, logger }), keyring);
    const plainSerdes = await createTopicSerdes(createFileRegistry(join(dataFolder, 'schemas')));
    const serdes = sealSessionTopics(plainSerdes, keyring);
    const livePartitionOf = (tenantId: string, sessionId: string) => ({
      topic: 'guide.steps.v1',
      partition: partitionOfKey(Buffer.from(`${tenantId}/${sessionId}`), partitionCount),
    });
    const views = await openEmbeddedViews({ folder: join(dataFolder, 'views'), livePartitionOf, keyring });
    opened.unshift(() => views.close());
    const analytics = options.analytics ? openAnalytics({ folder: join(dataFolder, 'analytics') }, serdes) : noAnalytics;
    opened.unshift(() => analytics.close());
    const close = (): Promise<void> => runAll(opened);
    const folders = { stateFolder: join(dataFolder, 'state'), keyFile: join(dataFolder, keyFileName) };
    return { log, serdes, plainSerdes, keyring, objects, views, analytics, partitionCount, ...folders, close };
  } catch (error) {
    await runAll(opened).catch(() => undefined);
    throw error;
  }
}

function crashPointOf({ keyringCrashPoint }: StorageOptions): Pick<FileKeyringOptions, 'crashPoint'> {
  return keyringCrashPoint === undefined ? {} : { crashPoint: keyringCrashPoint };
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StepwrightError('CONFIG_INVALID', `--data: the folder ${folder} cannot be made or is a file; name another one`, {
      cause: error,
    });
  }
}

/** A folder keeps the partition count that it was made with: with another one a session would change its partition. */
async function ensureTopics(log: EmbeddedLog, wantedCount: number): Promise<number> {
  const [standing] = await log.describeTopics(['capture.events.v1']);
  const partitionCount = standing?.partitionCount ?? wantedCount;
  await log.createTopics(topicSpecs(partitionCount));
  return partitionCount;
}

const noAnalytics: Analytics = {
  reader: {
    available: false,
    report: () => Promise.reject(new StepwrightError('ANALYTICS_OFF', 'Analytics is off: it was started with --no-analytics.')),
  },
  target: undefined,
  close: async () => {},
};
