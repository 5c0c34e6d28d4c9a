import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../cache-folder.ts';
import { hasJars, installJars } from '../maven.ts';
import type { MavenArtifact } from '../maven.ts';
import { runningAt, startAt, type Place, type ServerCommand } from '../place.ts';
import type { RunningService, Service, StartOptions } from '../service.ts';
import { missingCommands } from '../tools.ts';
import { brokerProperties } from './broker-properties.ts';
import type { ClusterPlace } from './broker-properties.ts';
import { makeCertificate, scramArguments } from './secure-listener.ts';
import type { SecureListener } from './secure-listener.ts';

/** Not the newest: ADR 0024. */
const version = '4.2.1';
const defaultPlace = { port: 19_092, folder: `kafka/broker-${version}` } as const;
const readyWithinMs = 60_000;
/** Any fixed id: the broker only compares it with what lies in its folder. */
const clusterId = 'c3RlcHdyaWdodC10ZXN0cw';

/** The broker, its command line tools (console consumer, transactions) and a logger, so that its log says something. */
const artifacts: readonly MavenArtifact[] = [
  { groupId: 'org.apache.kafka', artifactId: 'kafka_2.13', version },
  { groupId: 'org.apache.kafka', artifactId: 'kafka-tools', version },
  { groupId: 'org.slf4j', artifactId: 'slf4j-simple', version: '1.7.36' },
];

/** Apache Kafka, one node (KRaft), heap of 512 MB. */
export const kafkaService: Service = {
  name: 'kafka',
  title: `Apache Kafka ${version}, one node`,
  missingTools: () => missingCommands(isInstalled() ? ['java'] : ['java', 'mvn']),
  isInstalled,
  install: async () => installJars(jarFolder(), artifacts),
  start: (options = {}) => startKafkaNode(options),
  running: (options) => runningAt(defaultPlace, options),
};

/** Class path for Kafka's Java tools, after `install`. */
export function kafkaClassPath(): string {
  return join(jarFolder(), 'lib', '*');
}

export interface KafkaNodeOptions extends StartOptions {
  /** A node of several: all are started at the same time, since one alone has no quorum. */
  readonly cluster?: ClusterPlace;
  readonly secure?: Omit<SecureListener, 'certificate'>;
  /** Of Java, such as `256m`. */
  readonly heap?: string;
}

/** As `kafkaService.start`, with a place in a cluster or a listener that asks for a password. */
export function startKafkaNode(options: KafkaNodeOptions): Promise<RunningService> {
  return startAt(defaultPlace, options, (place) => prepareNode(place, options));
}

function prepareNode({ port, directory }: Place, options: KafkaNodeOptions): ServerCommand {
  const propertiesFile = join(directory, 'server.properties');
  const dataFolder = join(directory, 'data');
  const secure = options.secure && { ...options.secure, certificate: makeCertificate(certificateFolder(directory)) };
  writeFileSync(propertiesFile, brokerProperties({ dataFolder, port, controllerPort: port + 1, cluster: options.cluster, secure }), {
    mode: 0o600,
  });
  const formatArguments = [
    ...(options.cluster === undefined ? ['--standalone'] : []),
    ...(secure === undefined ? [] : scramArguments(secure)),
  ];
  if (!existsSync(join(dataFolder, 'meta.properties'))) format(propertiesFile, formatArguments);
  return {
    command: 'java',
    args: [...javaOptions(options.heap ?? '512m'), 'kafka.Kafka', propertiesFile],
    otherPorts: [port + 1],
    readyWithinMs,
  };
}

/** PEM of what signed the certificate of the secure listener of the node in this folder. */
export function caFileOf(directory: string): string {
  return makeCertificate(certificateFolder(directory)).caFile;
}

function certificateFolder(directory: string): string {
  return join(directory, 'certificate');
}

function format(propertiesFile: string, more: readonly string[]): void {
  const args = [...javaOptions('256m'), 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', propertiesFile, ...more];
  const { status, stderr } = spawnSync('java', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`services: the data folder could not be formatted: ${stderr.slice(-500)}`);
}

/** The first compiler only: the start counts more than the peak. */
function javaOptions(heap: string): readonly string[] {
  return [`-Xmx${heap}`, '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', kafkaClassPath()];
}

function isInstalled(): boolean {
  return hasJars(jarFolder(), artifacts);
}

function jarFolder(): string {
  return cacheFolder(join('kafka', version));
}
