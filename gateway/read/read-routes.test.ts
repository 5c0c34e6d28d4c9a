import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import { createTopicSerdes } from '../../schemas/avro-serde.ts';
import { createMemoryRegistry } from '../../schemas/registry/memory-registry.ts';
import { sealed } from '../../schemas/sealed.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { Log } from '../../topology/log/log.ts';
import { callerOf } from '../test-support/call-gateway.ts';
import { createGatewayUnderTest, guideRow, sessionRow, stepRow } from '../test-support/gateway-under-test.ts';
import { codeOf, field, openBody } from '../test-support/recorder.ts';

test('lists come in pages whose cursors lead to each row once, and search narrows them', async () => {
  const under = await createGatewayUnderTest();
  const guides = Array.from({ length: 7 }, (_, index) =>
    guideRow(`s${index}`, { title: index % 2 === 0 ? 'Invite a user' : 'Close the month' }),
  );
  const sessions = guides.map(({ sessionId }, index) => sessionRow(sessionId, 3, { openedAtMs: 1_000 + index }));
  await under.views.apply({ sessions, steps: [], guides, positions: [] });
  const call = callerOf(under);
  const token = under.token('acme', 'viewer');
  for (const path of ['/v1/sessions', '/v1/guides']) {
    const seen: string[] = [];
    let cursor: unknown;
    do {
      const page = await call({ method: 'GET', path: `${path}?limit=3${typeof cursor === 'string' ? `&cursor=${cursor}` : ''}`, token });
      const rows = field(page, 'rows');
      assert.ok(Array.isArray(rows) && rows.length <= 3);
      seen.push(...rows.map(({ sessionId }) => String(sessionId)));
      cursor = field(page, 'cursor');
    } while (cursor !== undefined);
    assert.deepEqual(
      seen.toSorted(),
      guides.map(({ sessionId }) => sessionId),
    );
  }
  const found = field(await call({ method: 'GET', path: '/v1/guides?q=month', token }), 'rows');
  assert.equal(Array.isArray(found) && found.length, 3);
});

test('a cursor is taken by the list and for the tenant that it was handed out to, and by no other', async () => {
  const under = await createGatewayUnderTest();
  const ids = ['s1', 's2', 's3'];
  const rows = { sessions: ids.map((id) => sessionRow(id, 3)), steps: [], guides: ids.map((id) => guideRow(id)), positions: [] };
  await under.views.apply(rows);
  const call = callerOf(under);
  const token = under.token('acme', 'viewer');
  const at = (path: string, cursor: string, key = token) => call({ method: 'GET', path: `${path}?limit=1&cursor=${cursor}`, token: key });
  for (const [path, other] of [
    ['/v1/guides', '/v1/sessions'],
    ['/v1/sessions', '/v1/guides'],
  ] as const) {
    const cursor = String(field(await call({ method: 'GET', path: `${path}?limit=1`, token }), 'cursor'));
    assert.equal((await at(path, cursor)).status, 200);
    for (const wrong of ['', 'zzz', 'AAAAAAAAAAAA', cursor.slice(0, -1), `${cursor}A`, `A${cursor}`, 'x'.repeat(5_000)])
      assert.equal(codeOf(await at(path, wrong)), 'CURSOR_INVALID', `${path} ${wrong.slice(0, 20)}`);
    assert.equal(codeOf(await at(other, cursor)), 'CURSOR_INVALID', other);
    assert.equal(codeOf(await at(path, cursor, under.token('zeta', 'viewer'))), 'CURSOR_INVALID', 'of another tenant');
  }
});

test('wrong limits, cursors, formats, reports and ranges are named', async () => {
  const under = await createGatewayUnderTest();
  const call = callerOf(under);
  const token = under.token('acme', 'viewer');
  const cases = [
    ['/v1/guides?limit=0', 'PARAMETER_INVALID'],
    ['/v1/guides?limit=1e3', 'PARAMETER_INVALID'],
    ['/v1/guides?cursor=%2F..', 'CURSOR_INVALID'],
    ['/v1/guides?cursor=zzz', 'CURSOR_INVALID'],
    ['/v1/sessions?cursor=zzz', 'CURSOR_INVALID'],
    [`/v1/guides?q=${'a'.repeat(201)}`, 'PARAMETER_INVALID'],
    ['/v1/guides/s1?format=exe', 'PARAMETER_INVALID'],
    ['/v1/guides/s1', 'GUIDE_UNKNOWN'],
    ['/v1/analytics/salaries', 'REPORT_UNKNOWN'],
    ['/v1/analytics/sessions?from=9&to=3', 'PARAMETER_INVALID'],
    ['/v1/analytics/sessions', 'ANALYTICS_OFF'],
  ] as const;
  for (const [path, code] of cases) assert.equal(codeOf(await call({ method: 'GET', path, token })), code, path);
});

test('an id that can be none is refused before any store is asked, on every route that takes one', async () => {
  const under = await createGatewayUnderTest();
  const call = callerOf(under);
  const token = under.token('acme', 'admin');
  const routes = under.gateway.routes.filter(({ path }) => path.includes('{sessionId}'));
  assert.ok(routes.length > 6);
  for (const { method, path } of routes) {
    for (const id of ['a%00b', '..%2Fother', 'a%20b', '-a']) {
      const answer = await call({ method, path: path.replace('{sessionId}', id).replace('{sha256}', 'a'.repeat(64)), token });
      assert.equal(codeOf(answer), 'PARAMETER_INVALID', `${method} ${path} ${id}`);
    }
  }
});

test('a recording without any event yet has its latest at its opening', async () => {
  const under = await createGatewayUnderTest();
  await under.gateway.prepare();
  const call = callerOf(under);
  const token = under.token('acme', 'editor');
  assert.equal((await call({ method: 'POST', path: '/v1/sessions', token, json: openBody('new') })).status, 201);
  const answer = await call({ method: 'GET', path: '/v1/sessions/new', token });
  assert.ok(Number(field(answer, 'openedAtMs')) > 0);
  assert.equal(field(answer, 'lastEventAtMs'), field(answer, 'openedAtMs'));
  await under.gateway.close();
});

test('a view that cannot be counted does not fail the reader', async () => {
  const keys = createMemoryKeyring();
  const full = (): never => {
    throw new StepwrightError('STATE_DISK_FULL', 'no space left for a key', { disposition: 'retry' });
  };
  const serdes = await createTopicSerdes(createMemoryRegistry());
  const usage = sealed(serdes['usage.events.v1'], { ...keys, peek: (scope) => keys.peek(scope), keyFor: full });
  const under = await createGatewayUnderTest();
  const failing = await createGatewayUnderTest({ views: under.views, serdes: { ...under.deps.serdes, usage } });
  await under.views.apply({ sessions: [sessionRow('s1', 3)], steps: [], guides: [guideRow('s1')], positions: [] });
  const answer = await callerOf(failing)({ method: 'GET', path: '/v1/guides/s1', token: failing.token('acme', 'viewer') });
  assert.equal(answer.status, 200);
});

test('an unchanged document is 304, a changed one is sent again', async () => {
  const under = await createGatewayUnderTest();
  await under.views.apply({ sessions: [sessionRow('s1', 3)], steps: [stepRow('s1', 'p1', 1)], guides: [], positions: [] });
  const call = callerOf(under);
  const token = under.token('acme', 'viewer');
  const path = '/v1/sessions/s1/steps';
  const first = await call({ method: 'GET', path, token });
  const headers = { 'if-none-match': first.headers['etag'] ?? '' };
  assert.equal((await call({ method: 'GET', path, token, headers })).status, 304);
  await under.views.apply({ sessions: [], steps: [stepRow('s1', 'p2', 2)], guides: [], positions: [] });
  const changed = await call({ method: 'GET', path, token, headers });
  assert.equal(changed.status, 200);
  const steps = field(changed, 'steps');
  assert.equal(Array.isArray(steps) && steps.length, 2);
  assert.equal(changed.body.includes('acme'), false, 'the tenant is nobody else’s business');
});

test('a guide is guide.json, a page without scripts, Markdown or a file, and each look is a usage event', async () => {
  const under = await createGatewayUnderTest({
    documents: {
      document: async (_, sessionId, format) => ({ body: Buffer.from(`${sessionId} ${format}`), contentType: 'text/html', key: 'k' }),
    },
  });
  await under.gateway.prepare();
  await under.views.apply({ sessions: [sessionRow('s1', 3)], steps: [], guides: [guideRow('s1')], positions: [] });
  const call = callerOf(under);
  const token = under.token('acme', 'viewer');
  const json = await call({ method: 'GET', path: '/v1/guides/s1', token });
  assert.equal(field(json, 'schemaVersion'), 1);
  assert.equal(field(json, 'tenantId'), undefined);
  const html = await call({ method: 'GET', path: '/v1/guides/s1?format=html', token });
  assert.match(html.headers['content-security-policy'] ?? '', /default-src 'none'/);
  assert.equal((await call({ method: 'GET', path: '/v1/guides/s1?format=print', token })).body.toString(), 's1 html');
  const file = await call({ method: 'GET', path: '/v1/guides/s1?format=md&download=1', token });
  assert.equal(file.headers['content-disposition'], 'attachment; filename="guide-s1.md"');
  await under.gateway.close();
  assert.deepEqual((await usageOf(under.log, under.deps.serdes.usage)).toSorted(), [
    'guide.exported',
    'guide.viewed',
    'guide.viewed',
    'guide.viewed',
  ]);
});

test('what runs but not as it should is a warning of a process that is ready', async () => {
  const warnings = ['the key file cannot be read (EACCES)'];
  const under = await createGatewayUnderTest({ health: { alive: () => true, notReady: () => [], warnings: () => warnings } });
  const ready = await callerOf(under)({ method: 'GET', path: '/readyz' });
  assert.deepEqual([ready.status, ready.json], [200, { ok: true, warnings }]);
});

test('probes answer without a key and name what is missing, the rest of the process is for operators', async () => {
  const under = await createGatewayUnderTest({ health: { alive: () => true, notReady: () => ['task 0_1'], warnings: () => [] } });
  const call = callerOf(under);
  assert.equal((await call({ method: 'GET', path: '/healthz' })).status, 200);
  const ready = await call({ method: 'GET', path: '/readyz' });
  assert.deepEqual([ready.status, ready.json], [503, { ok: false, waitingFor: ['task 0_1'] }]);
  for (const path of ['/v1/operator/topology', '/v1/operator/topics', '/v1/operator/dead-letters', '/metrics']) {
    assert.equal((await call({ method: 'GET', path, token: under.token('acme', 'admin') })).status, 403, path);
    assert.equal((await call({ method: 'GET', path, token: under.token('acme', 'admin', true) })).status, 200, path);
  }
});

async function usageOf(log: Log, serde: { deserialize(bytes: Buffer, key: Uint8Array): { readonly kind: string } }): Promise<string[]> {
  const partitions = [0, 1].map((partition) => ({ topic: 'usage.events.v1', partition }));
  const ranges = await log.offsets(partitions, 'read_committed');
  const reader = await log.openReader({ from: partitions.map((partition) => ({ ...partition, nextOffset: 0n })) });
  const kinds: string[] = [];
  while (ranges.some((range) => reader.position(range) < range.nextOffset)) {
    for (const { records } of await reader.poll({ maxWaitMs: 0 })) {
      for (const { key, value } of records) if (value !== null && key !== null) kinds.push(serde.deserialize(value, key).kind);
    }
  }
  await reader.close();
  return kinds;
}
