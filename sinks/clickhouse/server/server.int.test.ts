/**
 * The same contract over HTTP, through the real client. Where a Docker engine answers, on a real server; else on the embedded engine behind HTTP
 * (services/clickhouse), which keeps no users, so what only a server can do is skipped.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { chdbHttpAccess, chdbHttpService } from '../../../services/clickhouse/chdb-http-service.ts';
import { noDocker, startClickHouseContainer } from '../../../services/clickhouse/clickhouse-container.ts';
import { freePort } from '../../../services/free-port.ts';
import { hasCode } from '../../../topology/base/errors.ts';
import { sinkContract } from '../../contracts/sink-contract.ts';
import type { AnalyticsRow } from '../analytics-rows.ts';
import { createServerClient } from '../clickhouse-client.ts';
import { analyticsContract } from '../contract/analytics-contract.ts';
import { readReports, rowsOf, sampleReports, samples } from '../contract/analytics-samples.ts';
import { analyticsSink, encodedSamples, openSample, type AnalyticsUnderTest } from '../contract/analytics-sink.ts';
import type { ClickHouseServerOptions } from './server-options.ts';
import { analystTables, runStatements, tenantAccessStatements, tenantRole } from './tenant-access.ts';

const dockerMissing = noDocker();
const skip =
  dockerMissing === undefined || chdbHttpService.isInstalled() ? false : `${dockerMissing}, and the optional package chdb is not installed`;
const skipRestart = dockerMissing === undefined ? 'the container is not stopped and started here' : false;
const skipReal = dockerMissing === undefined ? false : `row policies need a real ClickHouse server: ${dockerMissing}`;

interface Started {
  readonly options: ClickHouseServerOptions;
  readonly stop: () => Promise<void>;
  /** Ends the server and starts it again on what it had stored. */
  readonly restart?: () => Promise<void>;
}

async function startServer(): Promise<Started> {
  if (dockerMissing === undefined) {
    const { url, user, password, stop } = await startClickHouseContainer();
    return { options: { url, user, password, timeoutMs: 30_000 }, stop: async () => stop() };
  }
  const directory = await mkdtemp(join(tmpdir(), 'stepwright-clickhouse-'));
  const port = await freePort();
  let running = await chdbHttpService.start({ directory, port });
  return {
    options: { url: `http://${running.address}`, ...chdbHttpAccess, timeoutMs: 30_000 },
    restart: async () => {
      await running.stop();
      running = await chdbHttpService.start({ directory, port });
    },
    stop: async () => {
      await running.stop();
      await rm(directory, { recursive: true });
    },
  };
}

let server: Promise<Started> | undefined;
after(async () => (await server)?.stop());

/** An empty database on the one server of this file. */
async function emptied(): Promise<Started> {
  const started = await (server ??= startServer());
  const client = createServerClient(started.options);
  await client.command('DROP DATABASE IF EXISTS stepwright SYNC');
  await client.close();
  return started;
}

async function newPlace(): Promise<AnalyticsUnderTest> {
  const { options } = await emptied();
  return { open: (more) => openSample({ server: options }, more), client: () => createServerClient(options), end: async () => {} };
}

if (skip === false) {
  analyticsContract('over HTTP', newPlace);
  sinkContract<AnalyticsRow>(
    'analytics over HTTP',
    async () => analyticsSink(await newPlace()),
    async () => ({ values: encodedSamples }),
  );
}

describe('a ClickHouse server', { skip }, () => {
  it('that refuses the password says so, without it', async () => {
    const { options } = await emptied();
    const client = createServerClient({ ...options, password: 'canary-password' });
    await assert.rejects(client.query('SELECT 1'), (error) => {
      return hasCode(error, 'ANALYTICS_FAILED') && error.message.includes('516') && !error.message.includes('canary');
    });
    await client.close();
  });

  it('that is away is tried again, and has every number when it is back', { skip: skipRestart }, async () => {
    const { options, restart } = await emptied();
    assert(restart !== undefined);
    const analytics = openSample({ server: options });
    const rows = rowsOf(samples);
    await analytics.target?.apply({ rows: rows.slice(0, 4), ranges: [] });
    const lost = createServerClient({ ...options, url: `http://127.0.0.1:${await freePort()}` });
    await assert.rejects(lost.query('SELECT 1'), (error) => hasCode(error, 'ANALYTICS_FAILED') && error.disposition === 'retry');
    await lost.close();
    await restart();
    // The connection that the client kept open is dead: whoever applies tries again.
    await analytics.target?.apply({ rows, ranges: [] }).catch(() => analytics.target?.apply({ rows, ranges: [] }));
    assert.deepEqual(await readReports(analytics), sampleReports);
    await analytics.close();
  });
});

describe("an analyst's role on a real server", { skip: skipReal }, () => {
  it("sees its tenant's rows in every table and no other's, and the service goes on seeing all", async () => {
    const { options } = await emptied();
    const analytics = openSample({ server: options });
    for (const tenantId of ['acme', 'zeta']) {
      const rows = rowsOf(samples.map(({ topic, row }) => ({ topic, row: { ...row, tenantId } })));
      await analytics.target?.apply({ rows, ranges: [] });
    }
    await readReports(analytics);
    const service = createServerClient(options);
    await runStatements(service, tenantAccessStatements({ tenantId: 'acme', serviceUser: options.user }));
    await service.command("CREATE USER OR REPLACE ann IDENTIFIED BY 'ann-secret-1'");
    await service.command(`GRANT ${tenantRole('acme')} TO ann`);
    const analyst = createServerClient({ ...options, user: 'ann', password: 'ann-secret-1' });
    for (const table of analystTables) {
      const sql = `SELECT DISTINCT tenant_id FROM stepwright.${table} WHERE tenant_id != '' ORDER BY tenant_id`;
      assert.deepEqual(await analyst.query(sql), [{ tenant_id: 'acme' }], table);
      assert.deepEqual(await service.query(sql), [{ tenant_id: 'acme' }, { tenant_id: 'zeta' }], table);
    }
    await assert.rejects(analyst.query('SELECT * FROM stepwright.dead_letters'), (error) => hasCode(error, 'ANALYTICS_FAILED'));
    await Promise.all([analyst.close(), service.close(), analytics.close()]);
  });
});
