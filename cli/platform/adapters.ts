import { readFileSync } from 'node:fs';
import { createFileKeyring, type FileKeyringOptions } from '../../processors/adapters/file-keyring/file-keyring.ts';
import type { Keyring } from '../../processors/ports/keyring.ts';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import type { TopicSerdes } from '../../schemas/avro-serde.ts';
import { createFileRegistry } from '../../schemas/registry/file-registry.ts';
import { createRemoteRegistry, remoteRegistryDefaults } from '../../schemas/registry/remote/remote-registry.ts';
import type { SchemaRegistry } from '../../schemas/registry/schema-registry.ts';
import { openAnalytics, type Analytics } from '../../sinks/clickhouse/open-analytics.ts';
import { keepAll, type Retention } from '../../sinks/clickhouse/retention.ts';
import type { ClickHouseServerOptions } from '../../sinks/clickhouse/server/server-options.ts';
import type { ImageLinks } from '../../sinks/ports/image-links.ts';
import type { ViewReader, ViewWriter } from '../../sinks/ports/views.ts';
import { openFolderObjectStore } from '../../sinks/s3/folder/folder-object-store.ts';
import { openEmbeddedViews } from '../../sinks/scylla/embedded/embedded-views.ts';
import { openScyllaViews } from '../../sinks/scylla/scylla-views.ts';
import type { Clock } from '../../topology/base/clock.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { Logger } from '../../topology/base/logger.ts';
import { openEmbeddedLog } from '../../topology/log/embedded/embedded-log.ts';
import { createKafkaLog } from '../../topology/log/kafka/kafka-log.ts';
import type { Log, TopicPartition } from '../../topology/log/log.ts';
import { readDeadLetter } from './dead-letters.ts';
import type { Folders } from './folders.ts';
import type { RegistryChoice } from './registry-choice.ts';
import type { S3Choice } from './s3-choice.ts';
import { scyllaViewsOf, type ScyllaChoice } from './scylla-choice.ts';

/**
 * The one place where an adapter is chosen. A new one is a word in its list, which makes it a value of the option of that name, and a case in its
 * function. `embedded` kinds belong to one process; `shared` tells which may be opened by several at once (role-rules.ts refuses the rest).
 */
export const logKinds = ['embedded', 'kafka'] as const;
export const viewKinds = ['embedded', 'scylla'] as const;
export const objectKinds = ['folder', 's3'] as const;
export const analyticsKinds = ['chdb', 'clickhouse', 'off'] as const;
export const lakeKinds = ['off', 'on'] as const;
export const saslMechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

export type LogKind = (typeof logKinds)[number];
export type ViewKind = (typeof viewKinds)[number];
export type ObjectKind = (typeof objectKinds)[number];
export type AnalyticsKind = (typeof analyticsKinds)[number];
export type LakeKind = (typeof lakeKinds)[number];

export interface KafkaChoice {
  readonly brokers: readonly string[];
  readonly replicationFactor: number | undefined;
  readonly sessionTimeoutMs: number;
  readonly tls: boolean;
  /** PEM file of the authority that signed the brokers' certificates; the system's own when undefined. */
  readonly tlsCa: string | undefined;
  readonly mechanism: (typeof saslMechanisms)[number];
  readonly user: string | undefined;
  readonly password: string | undefined;
}

export interface LakeChoice {
  /** Longest time from a record to its file. */
  readonly fileMs: number;
  /** So much is held back at most. */
  readonly batchBytes: number;
}

export interface AdapterChoice {
  readonly log: LogKind;
  readonly kafka?: KafkaChoice;
  /** Of the embedded log. */
  readonly logSync: 'never' | 'always';
  readonly views: ViewKind;
  readonly scylla?: ScyllaChoice;
  readonly objects: ObjectKind;
  readonly s3?: S3Choice;
  readonly analytics: AnalyticsKind;
  readonly clickhouse?: ClickHouseServerOptions;
  /** Of analytics; rows are kept for ever when undefined. */
  readonly retention?: Retention;
  /** Raw events as Parquet among the objects; none when undefined. */
  readonly lake?: LakeChoice;
  /** A folder when undefined. */
  readonly registry?: RegistryChoice | undefined;
}

/** What every adapter of a process shares. */
export interface AdapterEnvironment {
  readonly folders: Folders;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Everything in one process on one folder. */
export const embeddedAdapters: AdapterChoice = {
  log: 'embedded',
  logSync: 'never',
  views: 'embedded',
  objects: 'folder',
  analytics: 'off',
};

/** @throws {LOG_LOCKED | CONFIG_INVALID} and the embedded log's own codes; a Kafka log connects when it is first used. */
export async function openLog({ log, logSync, kafka }: AdapterChoice, { folders, clock, logger }: AdapterEnvironment): Promise<Log> {
  switch (log) {
    case 'embedded':
      return openEmbeddedLog({ directory: folders.log, sync: logSync, clock, logger });
    case 'kafka':
      if (kafka === undefined) throw new StepwrightError('CONFIG_INVALID', '--brokers: is needed with --log kafka');
      return createKafkaLog({ ...kafkaOptions(kafka), clock, logger });
  }
}

function kafkaOptions(kafka: KafkaChoice): Parameters<typeof createKafkaLog>[0] {
  const { brokers, replicationFactor, sessionTimeoutMs, tls, tlsCa, mechanism, user: username, password } = kafka;
  return {
    brokers,
    sessionTimeoutMs,
    ...(replicationFactor !== undefined && { replicationFactor }),
    ...(tls && { ssl: tlsCa === undefined ? true : { ca: readCertificate(tlsCa) } }),
    ...(username !== undefined && password !== undefined && { sasl: { mechanism, username, password } }),
  };
}

function readCertificate(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StepwrightError('CONFIG_INVALID', `--brokers-ca: ${file} cannot be read`, { cause });
  }
}

/** For chunks that the log cannot take now; undefined where the log is as near as the spool would be. */
export async function openSpool({ log }: AdapterChoice, { folders, clock, logger }: AdapterEnvironment): Promise<Log | undefined> {
  if (log === 'embedded') return undefined;
  return openEmbeddedLog({ directory: folders.spool, sync: 'always', clock, logger });
}

/** Files of one folder, which all processes of a deployment share. */
export function openKeyring({ folders, clock }: AdapterEnvironment, options: Pick<FileKeyringOptions, 'crashPoint'> = {}): Keyring {
  return createFileKeyring({ directory: folders.keys, clock, ...options });
}

export function openRegistry({ registry }: AdapterChoice, { folders, clock, logger }: AdapterEnvironment): SchemaRegistry {
  if (registry === undefined) return createFileRegistry(folders.schemas);
  return createRemoteRegistry({
    ...remoteRegistryDefaults,
    ...registry,
    random: Math.random,
    nowMs: () => clock.monotonicMs(),
    onAway: (message) => logger.warn({}, message),
  });
}

/** @throws {CONFIG_INVALID} and the codes of folder-object-store.ts and open-bucket.ts. */
export async function openObjects({ objects, s3 }: AdapterChoice, { folders, clock, logger }: AdapterEnvironment): Promise<OpenedObjects> {
  switch (objects) {
    case 'folder':
      return { store: await openFolderObjectStore({ folder: folders.objects, clock, logger }), close: async () => {} };
    case 's3': {
      if (s3 === undefined) throw new StepwrightError('CONFIG_INVALID', '--s3-bucket: is needed with --objects s3');
      // The SDK takes a third of a second and 25 MB to load: only who asks for it pays.
      const { openBucket } = await import('../../sinks/s3/bucket/open-bucket.ts');
      return openBucket({ ...s3, random: Math.random, clock, logger });
    }
  }
}

export interface OpenedObjects {
  readonly store: ObjectStore;
  /** Where browsers may be sent for pictures; undefined when the gateway hands them out itself. */
  readonly imageLinks?: ImageLinks | undefined;
  close(): Promise<void>;
}

/** What the read side hands to its adapters. */
export interface ViewParts {
  /** Where a session's steps are in the log. */
  readonly livePartitionOf: (tenantId: string, sessionId: string) => TopicPartition;
  readonly keyring: Keyring;
  /** Of the topics that views are made from: another id means that offsets began anew. */
  readonly topicIds: () => Promise<ReadonlyMap<string, string>>;
}

export type Views = ViewWriter & ViewReader;

/** @throws the codes of embedded-views.ts and scylla-views.ts; {CONFIG_INVALID} */
export async function openViews({ views, scylla }: AdapterChoice, environment: AdapterEnvironment, parts: ViewParts): Promise<Views> {
  const { folders, clock, logger } = environment;
  const { livePartitionOf, keyring } = parts;
  switch (views) {
    case 'embedded':
      return openEmbeddedViews({ folder: folders.views, livePartitionOf, keyring });
    case 'scylla':
      if (scylla === undefined) throw new StepwrightError('CONFIG_INVALID', '--scylla-contact-points: is needed with --views scylla');
      return openScyllaViews({ ...scyllaViewsOf(scylla), topicIds: await parts.topicIds(), livePartitionOf, keyring, clock, logger });
  }
}

/** @throws {CONFIG_INVALID} */
export function openAnalyticsOf(adapters: AdapterChoice, { folders, clock }: AdapterEnvironment, serdes: TopicSerdes): Analytics {
  const { analytics, clickhouse: server, retention = keepAll } = adapters;
  const options = { clock, retention, readLetter: readDeadLetter };
  switch (analytics) {
    case 'chdb':
      return openAnalytics({ folder: folders.analytics }, serdes, options);
    case 'clickhouse':
      if (server === undefined) throw new StepwrightError('CONFIG_INVALID', '--clickhouse: is needed with --analytics clickhouse');
      return openAnalytics({ server }, serdes, options);
    case 'off':
      return noAnalytics;
  }
}

const noAnalytics: Analytics = {
  reader: {
    available: false,
    report: () => Promise.reject(new StepwrightError('ANALYTICS_OFF', 'Analytics is off: it was started with --no-analytics.')),
  },
  target: undefined,
  close: async () => {},
};
