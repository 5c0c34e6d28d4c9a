import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheFolder } from '../cache-folder.ts';
import { hasJars, installJars } from '../maven.ts';
import type { MavenArtifact } from '../maven.ts';
import { runningAt, startAt, type Place, type ServerCommand } from '../place.ts';
import type { RunningService, Service, StartOptions } from '../service.ts';
import { missingCommands, missingJava } from '../tools.ts';
import { javaOptions } from './java-options.ts';
import { logbackXml, serverYaml, type CassandraSettings } from './server-settings.ts';

const version = '5.0.9';
const defaultPlace = { port: 19_042, folder: 'cassandra/node' } as const;
const readyWithinMs = 120_000;
const heap = '640m';
const artifacts: readonly MavenArtifact[] = [{ groupId: 'org.apache.cassandra', artifactId: 'cassandra-all', version }];

export interface CassandraStartOptions extends StartOptions, Partial<Pick<CassandraSettings, 'authentication' | 'commitLogSync'>> {}

/** Apache Cassandra, one node: speaks CQL, and stands in for ScyllaDB, of which there is no package without Docker. */
export const cassandraService: Service & { start(options?: CassandraStartOptions): Promise<RunningService> } = {
  name: 'cassandra',
  title: `Apache Cassandra ${version}, one node`,
  missingTools: () => [...missingJava(17), ...missingCommands(isInstalled() ? [] : ['mvn'])],
  isInstalled,
  install: async () => installJars(jarFolder(), artifacts),
  start: (options = {}) => startAt(defaultPlace, options, (place) => prepare(place, options)),
  running: (options) => runningAt(defaultPlace, options),
};

/** The port after `port` must be free too: the node talks to itself there. */
function prepare({ port, directory }: Place, options: CassandraStartOptions): ServerCommand {
  const { authentication = false, commitLogSync = 'periodic' } = options;
  const configFolder = join(directory, 'conf');
  mkdirSync(configFolder, { recursive: true });
  const yaml = join(configFolder, 'cassandra.yaml');
  const logback = join(configFolder, 'logback.xml');
  writeFileSync(yaml, serverYaml({ directory, port, storagePort: port + 1, authentication, commitLogSync }));
  writeFileSync(logback, logbackXml);
  const args = [
    ...javaOptions(heap),
    `-javaagent:${memoryMeter()}`,
    `-Dcassandra.config=${pathToFileURL(yaml).href}`,
    `-Dcassandra.storagedir=${directory}`,
    `-Dcassandra.logdir=${directory}`,
    `-Dlogback.configurationFile=${logback}`,
    '-cp',
    `${configFolder}:${join(jarFolder(), 'lib', '*')}`,
    'org.apache.cassandra.service.CassandraDaemon',
  ];
  return { command: 'java', args, otherPorts: [port + 1], readyWithinMs };
}

/** Cassandra measures its objects with this agent, whose version comes with it. */
function memoryMeter(): string {
  const folder = join(jarFolder(), 'lib');
  const jar = readdirSync(folder).find((name) => /^jamm-.*\.jar$/.test(name));
  if (jar === undefined) throw new Error(`services: no jamm jar in ${folder}; delete the folder above it and install again`);
  return join(folder, jar);
}

function isInstalled(): boolean {
  return hasJars(jarFolder(), artifacts);
}

function jarFolder(): string {
  return cacheFolder(join('cassandra', version));
}
