/**
 * The same contract over HTTP, through the real client: on a server of one's own, or in a container where a Docker engine answers; else on the embedded engine
 * behind HTTP, which keeps no users, so what only a server can do is skipped. The database `stepwright` of the server is dropped before each test.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';
import { freePort } from '../../../services/free-port.ts';
import { hasCode } from '../../../topology/base/errors.ts';
import { sinkContract } from '../../contracts/sink-contract.ts';
import type { AnalyticsRow } from '../analytics-rows.ts';
import { createServerClient } from '../clickhouse-client.ts';
import { analyticsContract } from '../contract/analytics-contract.ts';
import { readReports, rowsOf, sampleReports, samples, samplesOf } from '../contract/analytics-samples.ts';
import { analyticsSink, encodedSamples, openSample, type AnalyticsUnderTest } from '../contract/analytics-sink.ts';
import { findTestClickHouse, noRealServer, type TestClickHouse } from '../test-support/test-clickhouse.ts';
import { analystTables, runStatements, tenantAccessStatements, tenantRefusalStatements, tenantRole } from './tenant-access.ts';

const server = await findTestClickHouse({
  url: process.env['STEPWRIGHT_TEST_CLICKHOUSE'],
  user: process.env['STEPWRIGHT_TEST_CLICKHOUSE_USER'],
  password: process.env['STEPWRIGHT_TEST_CLICKHOUSE_PASSWORD'],
});
const skip = 'skipReason' in server ? server.skipReason : false;
const skipRestart = skip === false && 'restart' in server ? false : 'only a server of its own is stopped and started';
const skipReal = 'isRealServer' in server && server.isRealServer ? false : noRealServer;

/** An empty database on the one server of this file. */
async function emptied(): Promise<TestClickHouse> {
  assert(!('skipReason' in server));
  const client = createServerClient(server.options);
  await client.command('DROP DATABASE IF EXISTS stepwright SYNC');
  await client.close();
  return server;
}

async function newPlace(): Promise<AnalyticsUnderTest> {
  const { options } = await emptied();
  return {
    open: (more) => openSample({ server: options }, more),
    client: () => createServerClient(options),
    clientCount: 2,
    end: async () => {},
  };
}

if (skip === false) {
  analyticsContract('over HTTP', newPlace);
  sinkContract<AnalyticsRow>(
    'analytics over HTTP',
    async () => analyticsSink(await newPlace()),
    async () => ({ values: encodedSamples }),
  );
}

it('a proxy that answers because its ClickHouse server is away is no reason to stop', async () => {
  for (const [status, body] of [
    [503, '<html>canary: no upstream</html>'],
    [502, ''],
  ] as const) {
    const proxy = createServer((request, response) => {
      request.resume();
      response.writeHead(status).end(body);
    }).listen(await freePort(), '127.0.0.1');
    await once(proxy, 'listening');
    const address = proxy.address();
    assert(typeof address === 'object' && address !== null);
    const client = createServerClient({ url: `http://127.0.0.1:${address.port}`, user: 'u', password: 'p', timeoutMs: 5_000 });
    for (const call of [() => client.query('SELECT 1'), () => client.insert('t', [{ a: 1 }], 'token')])
      await assert.rejects(
        call(),
        (error) => hasCode(error, 'ANALYTICS_FAILED') && error.disposition === 'retry' && !error.message.includes('canary'),
      );
    await client.close();
    proxy.closeAllConnections();
    proxy.close();
  }
});

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
    await analytics.target?.apply({ rows: rowsOf(samplesOf(['acme', 'zeta'])), ranges: [] });
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
    await assert.rejects(analyst.query('SELECT * FROM stepwright.processor_times'), (error) => hasCode(error, 'ANALYTICS_FAILED'));
    // A server of one's own keeps what is outside the database.
    const policies = analystTables.map((table) => `DROP ROW POLICY IF EXISTS stepwright_service ON stepwright.${table}`);
    await runStatements(service, [...tenantRefusalStatements({ tenantId: 'acme' }), ...policies, 'DROP USER IF EXISTS ann']);
    await Promise.all([analyst.close(), service.close(), analytics.close()]);
  });
});
