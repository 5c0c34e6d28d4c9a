import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { Client } from 'cassandra-driver';
import { cassandraService, type CassandraStartOptions } from '../../../services/cassandra/cassandra-service.ts';
import { freePortPair } from '../../../services/free-port.ts';
import type { RunningService } from '../../../services/service.ts';

export type TestServer = { readonly address: string } | { readonly skipReason: string };

const noServer = 'no CQL server: set STEPWRIGHT_TEST_CQL=host:port, or run `npm run services -- up cassandra` once';
/** Of Cassandra's own set-up. */
export const dataCenter = 'datacenter1';

/**
 * The server that test files share: the one at `address`, else the one that `npm run services -- up cassandra` has started, else one for this file alone, else the
 * reason for skipping. Nothing is fetched here.
 */
export async function findTestServer(address: string | undefined): Promise<TestServer> {
  if (address !== undefined && address !== '') return { address };
  const running = cassandraService.running();
  if (running !== undefined) return { address: running.address };
  return ownServerSkip() === false ? { address: (await startOwnServer()).address } : { skipReason: noServer };
}

/** Why a server of one's own cannot be started; false when it can. */
export function ownServerSkip(): string | false {
  return cassandraService.isInstalled() && cassandraService.missingTools().length === 0 ? false : noServer;
}

/** A server that may be treated badly. */
export interface OwnServer {
  readonly address: string;
  readonly pid: () => number;
  /** Dies at once, with its data as they are. */
  readonly kill: () => Promise<void>;
  /** After `kill`: the same server, on the same port and data. */
  readonly startAgain: () => Promise<void>;
}

/** On free ports and a folder that is deleted after the file's tests. */
export async function startOwnServer(options: Pick<CassandraStartOptions, 'authentication' | 'commitLogSync'> = {}): Promise<OwnServer> {
  const directory = await mkdtemp(join(tmpdir(), 'stepwright-cassandra-'));
  const start = { ...options, port: await freePortPair(), directory };
  let running: RunningService = await cassandraService.start(start);
  after(async () => {
    await running.stop();
    await rm(directory, { recursive: true, force: true });
  });
  return {
    address: running.address,
    pid: () => running.pid,
    kill: async () => {
      process.kill(running.pid, 'SIGKILL');
      await running.stop();
    },
    startAgain: async () => {
      running = await cassandraService.start(start);
    },
  };
}

/** A keyspace name that no other test has. */
export function newKeyspace(): string {
  return `test_${randomBytes(6).toString('hex')}`;
}

/** Runs statements past the views, as another program would. */
export async function runCql(
  { address, keyspace }: { readonly address: string; readonly keyspace?: string },
  ...statements: readonly string[]
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new Client({ contactPoints: [address], localDataCenter: dataCenter, ...(keyspace !== undefined && { keyspace }) });
  try {
    let rows: readonly Readonly<Record<string, unknown>>[] = [];
    for (const statement of statements) rows = (await client.execute(statement, [], { readTimeout: 60_000 })).rows ?? [];
    return rows;
  } finally {
    await client.shutdown();
  }
}
