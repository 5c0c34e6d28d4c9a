import { after } from 'node:test';
import { chdbHttpAccess, chdbHttpService } from '../../../services/clickhouse/chdb-http-service.ts';
import { startContainer } from '../../../services/test-support/container.ts';
import { findDockerEngine } from '../../../services/test-support/docker-engine.ts';
import { startOwnService } from '../../../services/test-support/test-service.ts';
import type { ClickHouseServerOptions } from '../server/server-options.ts';

/** A server of one's own: an address alone is not enough, since its database `stepwright` is dropped. */
export interface GivenClickHouse {
  readonly url: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

export interface TestClickHouse {
  readonly options: ClickHouseServerOptions;
  /** Users, roles and row policies are there. */
  readonly isRealServer: boolean;
  /** Ends the server and starts it again on what it had stored; where it is this file's own process. */
  readonly restart?: () => Promise<void>;
}

/** The image of docker-compose.yml. */
const image = 'clickhouse/clickhouse-server:26.3.33.24';
const timeoutMs = 30_000;

/**
 * The server of a test file, in this order: the given one; one in a container; the embedded engine behind HTTP (services/clickhouse), which keeps no users; else
 * the reason for skipping. A real one comes before the engine that is installed, as it can do more.
 */
export async function findTestClickHouse(given: GivenClickHouse): Promise<TestClickHouse | { readonly skipReason: string }> {
  if (given.url !== undefined && given.url !== '') return { options: givenOptions(given), isRealServer: true };
  if ((await findDockerEngine()) !== undefined) return { options: await containerOptions(), isRealServer: true };
  if (!chdbHttpService.isInstalled()) return { skipReason: missing('ClickHouse server, and no optional package chdb') };
  const server = await startOwnService({ service: chdbHttpService, addressOf: (address) => `http://${address}` });
  return {
    options: { url: server.address, ...chdbHttpAccess, timeoutMs },
    isRealServer: false,
    restart: async () => {
      await server.stop();
      await server.startAgain();
    },
  };
}

/** Why what only a real server can do is skipped. */
export const noRealServer = missing('real ClickHouse server');

function missing(what: string): string {
  return `no ${what}: set STEPWRIGHT_TEST_CLICKHOUSE=http://host:port and STEPWRIGHT_TEST_CLICKHOUSE_PASSWORD, or start a Docker engine`;
}

function givenOptions({ url = '', user = 'default', password }: GivenClickHouse): ClickHouseServerOptions {
  if (password === undefined)
    throw new Error(
      'STEPWRIGHT_TEST_CLICKHOUSE needs STEPWRIGHT_TEST_CLICKHOUSE_PASSWORD beside it, if only empty: the tests drop the database stepwright there',
    );
  return { url, user, password, timeoutMs };
}

async function containerOptions(): Promise<ClickHouseServerOptions> {
  const access = { user: 'stepwright', password: 'testtest' };
  const environment = { CLICKHOUSE_USER: access.user, CLICKHOUSE_PASSWORD: access.password, CLICKHOUSE_DEFAULT_ACCESS_MANAGEMENT: '1' };
  const container = await startContainer({ image, port: 8123, environment: () => environment, readyPath: '/ping' });
  after(() => container.stop());
  return { url: `http://${container.address}`, ...access, timeoutMs };
}
