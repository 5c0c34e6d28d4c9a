import { randomBytes } from 'node:crypto';
import { Client } from 'cassandra-driver';
import { cassandraService, type CassandraStartOptions } from '../../../services/cassandra/cassandra-service.ts';
import {
  findTestService,
  ownServiceSkip,
  startOwnService,
  type FoundService,
  type OwnService,
  type TestService,
} from '../../../services/test-support/test-service.ts';

const cql: TestService = {
  service: cassandraService,
  title: 'CQL server',
  setting: 'STEPWRIGHT_TEST_CQL=host:port',
  // Where there is Docker there is ScyllaDB itself, as in docker-compose.yml; with tablets it has no conditional writes (ADR 0015).
  container: {
    image: 'scylladb/scylla:6.2.3',
    port: 9042,
    command: ['--smp', '1', '--memory', '1G', '--overprovisioned', '1', '--enable-tablets', '0'],
  },
};
/** Of either server's own set-up. */
export const dataCenter = 'datacenter1';

export type OwnServer = OwnService;

/** The server that test files share. */
export function findTestServer(address: string | undefined): Promise<FoundService> {
  return findTestService(cql, address);
}

/** Why a server of one's own cannot be started; false when it can. */
export function ownServerSkip(): string | false {
  return ownServiceSkip(cql);
}

export function startOwnServer(options: Pick<CassandraStartOptions, 'authentication' | 'commitLogSync'> = {}): Promise<OwnServer> {
  return startOwnService(cql, (place) => cassandraService.start({ ...options, ...place }));
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
