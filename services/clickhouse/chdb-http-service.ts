import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runningAt, startAt, type Place, type ServerCommand } from '../place.ts';
import type { Service } from '../service.ts';

const defaultPlace = { port: 19_558, folder: 'clickhouse/server' } as const;
const readyWithinMs = 60_000;
const program = fileURLToPath(new URL('./chdb-http-server.js', import.meta.url));

/** How clients sign in; a server for tests keeps no secret. */
export const chdbHttpAccess = { user: 'default', password: 'testtest' } as const;

/** ClickHouse's engine over HTTP. A server's users, row policies and replication are not in it (docs/adr/0022). */
export const chdbHttpService: Service = {
  name: 'clickhouse',
  title: "ClickHouse's engine (npm package chdb) behind HTTP; no users, no Replicated tables",
  missingTools: () => [],
  isInstalled,
  install: async () => {
    if (!isInstalled()) throw new Error('services: the optional npm package chdb is not installed, or does not exist for this machine');
  },
  start: (options = {}) => startAt(defaultPlace, options, prepare),
  running: (options) => runningAt(defaultPlace, options),
};

function prepare({ port, directory }: Place): ServerCommand {
  const data = join(directory, 'data');
  mkdirSync(data, { recursive: true });
  return {
    command: process.execPath,
    args: [program, String(port), data],
    environment: { CHDB_HTTP_PASSWORD: chdbHttpAccess.password },
    readyWithinMs,
    isReady: async () => (await fetch(`http://127.0.0.1:${port}/ping`)).ok,
  };
}

function isInstalled(): boolean {
  try {
    import.meta.resolve('chdb');
    return true;
  } catch {
    return false;
  }
}
