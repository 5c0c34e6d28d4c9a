import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../cache-folder.ts';
import { goBinary, hasGoCommand, installGoCommand, type GoCommand } from '../go.ts';
import { runningAt, startAt, type Place, type ServerCommand } from '../place.ts';
import type { Service } from '../service.ts';
import { missingCommands } from '../tools.ts';

const command: GoCommand = { path: 'github.com/versity/versitygw/cmd/versitygw', version: 'v1.8.0' };
const defaultPlace = { port: 19_552, folder: 'versitygw/server' } as const;
const readyWithinMs = 20_000;

/** How clients sign in; a server for tests keeps no secret. */
export const versitygwAccess = { region: 'us-east-1', accessKeyId: 'test', secretAccessKey: 'testtest' } as const;

/** An S3 server over a folder: `data/buckets` has a folder a bucket. Path style only. No lifecycle, no KMS (docs/adr/0017). */
export const versitygwService: Service = {
  name: 'versitygw',
  title: `Versity S3 Gateway ${command.version} on a folder`,
  missingTools: () => (isInstalled() ? [] : missingCommands(['go'])),
  isInstalled,
  install: async () => installGoCommand(binaryFolder(), command),
  start: (options = {}) => startAt(defaultPlace, options, prepare),
  running: (options) => runningAt(defaultPlace, options),
};

/** The program, after `install`. */
export function versitygwBinary(): string {
  return goBinary(binaryFolder(), command);
}

function prepare({ port, directory }: Place): ServerCommand {
  const buckets = join(directory, 'data', 'buckets');
  const versions = join(directory, 'data', 'versions');
  for (const folder of [buckets, versions]) mkdirSync(folder, { recursive: true });
  const server = ['--port', `127.0.0.1:${port}`, '--region', versitygwAccess.region, '--quiet', '--keep-alive'];
  return {
    command: versitygwBinary(),
    args: [...server, 'posix', '--versioning-dir', versions, buckets],
    environment: { ROOT_ACCESS_KEY: versitygwAccess.accessKeyId, ROOT_SECRET_KEY: versitygwAccess.secretAccessKey },
    readyWithinMs,
  };
}

function isInstalled(): boolean {
  return hasGoCommand(binaryFolder(), command);
}

function binaryFolder(): string {
  return cacheFolder(join('versitygw', 'bin'));
}
