import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { tenantAccessStatements, tenantRefusalStatements } from '../../sinks/clickhouse/server/tenant-access.ts';
import { runCommandLine } from '../main.ts';

async function run(...args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  let text = '';
  const collect = (part: string): void => void (text += part);
  const context = { env: {}, stdout: collect, stderr: collect, stopped: new AbortController().signal };
  return { code: await runCommandLine(['analytics', ...args], context), text };
}

test('grant prints what gives a user the rows of one tenant, and revoke what takes them away', async () => {
  const granted = await run('grant', 'acme', '--service-user', 'stepwright', '--grant-to', 'anna,o`neill');
  const statements = [...tenantAccessStatements({ tenantId: 'acme', serviceUser: 'stepwright' })];
  const grants = ['GRANT `stepwright_tenant_acme` TO `anna`', 'GRANT `stepwright_tenant_acme` TO `o\\`neill`'];
  assert.deepEqual(granted, { code: 0, text: [...statements, ...grants].map((statement) => `${statement};\n`).join('') });
  const revoked = await run('revoke', 'acme');
  assert.deepEqual(
    revoked.text,
    tenantRefusalStatements({ tenantId: 'acme' })
      .map((statement) => `${statement};\n`)
      .join(''),
  );
});

test('--apply sends the statements in order, and refuses to without an address', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      asked.push((request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString());
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const { code, text } = await run('grant', 'acme', '--service-user', 'stepwright', '--apply', '--clickhouse', url);
  server.closeAllConnections();
  server.close();
  assert.equal(code, 0, text);
  const statements = tenantAccessStatements({ tenantId: 'acme', serviceUser: 'stepwright' });
  assert.deepEqual(
    asked.map((body) => body.trim()),
    statements,
  );

  const refused = await run('grant', 'acme', '--apply');
  assert.deepEqual([refused.code, /--clickhouse: is needed with --apply/.test(refused.text)], [2, true]);
  assert.equal((await run('grant')).code, 2);
  assert.equal((await run('allow', 'acme')).code, 2);
});
