import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operatorReports, reportNames, tenantReports } from '../../sinks/ports/analytics.ts';
import { callerOf } from '../test-support/call-gateway.ts';
import { createGatewayUnderTest } from '../test-support/gateway-under-test.ts';
import type { Answer } from '../test-support/call-route.ts';

interface Asking {
  readonly asked: readonly string[];
  get(path: string, key: 'reader' | 'admin' | 'operator'): Promise<Answer>;
}

/** Callers of tenant acme; `asked` is what came through to the counts, as `tenant report`. */
async function asking(): Promise<Asking> {
  const asked: string[] = [];
  const report = async (tenantId: string, name: string): Promise<readonly { readonly tenant: string }[]> => {
    asked.push(`${tenantId} ${name}`);
    return [{ tenant: tenantId }];
  };
  const under = await createGatewayUnderTest({ analytics: { available: true, report } });
  const call = callerOf(under);
  const tokens = {
    reader: under.token('acme', 'viewer'),
    admin: under.token('acme', 'admin'),
    operator: under.token('acme', 'admin', true),
  };
  return { asked, get: (path, key) => call({ method: 'GET', path, token: tokens[key] }) };
}

const rowsOf = ({ json }: Answer): unknown => Reflect.get(Object(json), 'rows');

test('an operator reads the counts of the tenant that is asked for, and of the own one when none is', async () => {
  const { asked, get } = await asking();
  assert.deepEqual(rowsOf(await get('/v1/operator/analytics/sessions?tenant=zeta', 'operator')), [{ tenant: 'zeta' }]);
  assert.deepEqual(rowsOf(await get('/v1/operator/analytics/sessions', 'operator')), [{ tenant: 'acme' }]);
  assert.deepEqual(asked, ['zeta sessions', 'acme sessions']);
});

test("a tenant's reader and admin cannot name another tenant: refused as operators, their own counts as themselves", async () => {
  for (const key of ['reader', 'admin'] as const) {
    const { asked, get } = await asking();
    for (const name of [...tenantReports, 'all-dead-letters', 'processors', 'tenants']) {
      assert.equal((await get(`/v1/operator/analytics/${name}?tenant=zeta`, key)).status, 403, `${key} ${name}`);
    }
    assert.deepEqual(asked, []);
    assert.deepEqual(rowsOf(await get('/v1/analytics/sessions?tenant=zeta', key)), [{ tenant: 'acme' }]);
    assert.deepEqual(asked, ['acme sessions']);
  }
});

test('the report that names recordings is refused to an operator for any tenant, and is there for the tenant itself', async () => {
  const { asked, get } = await asking();
  for (const query of ['', '?tenant=zeta', '?tenant=acme']) {
    const refused = await get(`/v1/operator/analytics/views${query}`, 'operator');
    assert.equal(refused.status, 404);
    assert.match(refused.body.toString(), /REPORT_UNKNOWN/);
  }
  assert.deepEqual(asked, []);
  assert.deepEqual(rowsOf(await get('/v1/analytics/views', 'reader')), [{ tenant: 'acme' }]);
});

test('what no tenant owns is refused to its readers by name', async () => {
  const { asked, get } = await asking();
  for (const name of ['all-dead-letters', 'processors', 'tenants'])
    assert.equal((await get(`/v1/analytics/${name}`, 'reader')).status, 404, name);
  assert.deepEqual(asked, []);
});

/** What people put into filters to get at more than theirs. */
const hostile = [
  "zeta' OR 1=1 --",
  "zeta') UNION SELECT * FROM stepwright.sessions --",
  '{tenant:String}',
  'zeta; DROP TABLE stepwright.daily',
  'zeta,acme',
  '*',
  '%',
  '',
  '../zeta',
  'zeta\u0000',
  'x'.repeat(65),
];

test('every report and every kind of key: nobody but an operator reaches another tenant, by whatever filter', async () => {
  for (const name of reportNames) {
    const { asked, get } = await asking();
    for (const tenant of ['zeta', ...hostile]) {
      const query = `tenant=${encodeURIComponent(tenant)}&tenant_id=zeta&edition=zeta&from=0`;
      for (const key of ['reader', 'admin', 'operator'] as const) await get(`/v1/analytics/${name}?${query}`, key);
      for (const key of ['reader', 'admin'] as const)
        assert.equal((await get(`/v1/operator/analytics/${name}?${query}`, key)).status, 403, `${key} ${name} ${tenant}`);
    }
    assert.deepEqual(new Set(asked), new Set(tenantReports.some((report) => report === name) ? [`acme ${name}`] : []), name);
  }
});

test('an operator names a tenant by its id, and nothing else comes through', async () => {
  const { asked, get } = await asking();
  for (const name of operatorReports) {
    for (const tenant of hostile) {
      const { status, body } = await get(`/v1/operator/analytics/${name}?tenant=${encodeURIComponent(tenant)}`, 'operator');
      assert.deepEqual([status, /PARAMETER_INVALID/.test(body.toString())], [400, true], tenant);
    }
  }
  assert.deepEqual(asked, []);
});

test('times that are none, the wrong way round, negative or beyond what a date can be are refused by name', async () => {
  const { asked, get } = await asking();
  const ranges = [
    'from=9&to=3',
    'from=-1',
    'to=-1',
    'from=NaN',
    'to=Infinity',
    'from=1e3',
    'from=0x10',
    'to=8640000000000001',
    'to=99999999999999999999',
    'from=',
    'to=now()',
    "from=0' OR 1=1 --",
  ];
  for (const range of ranges) {
    for (const [path, key] of [
      ['/v1/analytics/sessions', 'reader'],
      ['/v1/operator/analytics/processors', 'operator'],
    ] as const) {
      const { status, body } = await get(`${path}?${range}`, key);
      assert.deepEqual([status, /PARAMETER_INVALID/.test(body.toString())], [400, true], `${path} ${range}`);
    }
  }
  for (const name of ['salaries', 'Sessions', 'sessions--', 'constructor', '__proto__', 'sessions%00', "sessions';"]) {
    assert.equal((await get(`/v1/analytics/${name}`, 'reader')).status, 404, name);
    assert.equal((await get(`/v1/operator/analytics/${name}`, 'operator')).status, 404, name);
  }
  assert.deepEqual(asked, []);
});
