import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../cache-folder.ts';
import { hasArchive, installArchive, type MavenArchive } from '../maven-archive.ts';
import { runningAt, startAt, type Place, type ServerCommand } from '../place.ts';
import type { Service } from '../service.ts';
import { missingCommands } from '../tools.ts';

const version = '3.0.9';
const defaultPlace = { port: 19_553, folder: 'apicurio/server' } as const;
const readyWithinMs = 90_000;
const archive: MavenArchive = {
  groupId: 'io.apicurio',
  artifactId: 'apicurio-registry-app',
  version,
  packaging: 'tar.gz',
  classifier: 'all',
};

/** Where the server speaks as Confluent's registry does. */
export const apicurioConfluentPath = '/apis/ccompat/v7';

/** Apicurio Registry on a file database, heap of 512 MB; the management port is the next one. */
export const apicurioService: Service = {
  name: 'apicurio',
  title: `Apicurio Registry ${version}, Confluent's API at ${apicurioConfluentPath}`,
  missingTools: () => missingCommands(isInstalled() ? ['java'] : ['java', 'mvn', 'tar']),
  isInstalled,
  install: async () => installArchive(homeFolder(), archive),
  start: (options = {}) => startAt(defaultPlace, options, prepare),
  running: (options) => runningAt(defaultPlace, options),
};

function prepare({ port, directory }: Place): ServerCommand {
  const dataFolder = join(directory, 'data');
  mkdirSync(dataFolder, { recursive: true });
  const settings = Object.entries(serverSettings(port, dataFolder)).map(([name, value]) => `-D${name}=${value}`);
  const jar = join(homeFolder(), `${archive.artifactId}-${version}-runner.jar`);
  return {
    command: 'java',
    // The first compiler only: the start counts more than the peak.
    args: ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', ...settings, '-jar', jar],
    otherPorts: [port + 1],
    readyWithinMs,
    isReady: async () => (await fetch(`http://127.0.0.1:${port}${apicurioConfluentPath}/subjects`)).ok,
  };
}

/** On this machine only, the management port too, whose default is all interfaces; schemas in a file, so that ids outlive the process. */
function serverSettings(port: number, dataFolder: string): Readonly<Record<string, string | number | boolean>> {
  return {
    'quarkus.http.host': '127.0.0.1',
    'quarkus.http.port': port,
    'quarkus.management.host': '127.0.0.1',
    'quarkus.management.port': port + 1,
    'quarkus.log.level': 'WARN',
    'quarkus.http.access-log.enabled': false,
    'apicurio.storage.kind': 'sql',
    'apicurio.storage.sql.kind': 'h2',
    // Written before it is answered: with H2's delay a kill loses the last schemas, and their ids are given again.
    'apicurio.datasource.url': `jdbc:h2:file:${join(dataFolder, 'registry')};WRITE_DELAY=0`,
  };
}

function isInstalled(): boolean {
  return hasArchive(homeFolder());
}

function homeFolder(): string {
  return cacheFolder(join('apicurio', version));
}
