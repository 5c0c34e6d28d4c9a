import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { mayAccess, roles } from '../auth/principal.ts';
import type { Route } from '../http/route.ts';
import { callerOf } from '../test-support/call-gateway.ts';
import { createGatewayUnderTest, guideRow, sessionRow, stepRow } from '../test-support/gateway-under-test.ts';
import type { GatewayUnderTest } from '../test-support/gateway-under-test.ts';
import type { Answer, Call } from '../test-support/call-route.ts';
import { openBody, png, pngSha256 } from '../test-support/recorder.ts';

const imageKey = (sessionId: string): string => `images/acme/${sessionId}/0a1b2c`;

/** Tenant acme has a recording with everything that a route can show. */
async function furnished(): Promise<GatewayUnderTest> {
  const under = await createGatewayUnderTest({
    documents: {
      document: async (tenantId, _, format) =>
        tenantId === 'acme' ? { body: Buffer.from('x'), contentType: 'text/html', key: format } : undefined,
    },
    analytics: { available: true, report: async (tenantId) => [{ tenantId, sessions: 1 }] },
  });
  await under.objects.put(imageKey('s1'), png, { contentType: 'image/png' });
  await under.views.apply({ sessions: [sessionRow('s1', 3)], steps: [stepRow('s1', 'p1', 1)], guides: [guideRow('s1')], positions: [] });
  return under;
}

/** A request to the route that names this session, complete enough to be served. */
function requestTo(route: Route, sessionId: string, token: string): Call {
  const path = route.path
    .replace('{sessionId}', sessionId)
    .replace('{sha256}', pngSha256)
    .replace('{report}', 'sessions')
    .replace('{key+}', imageKey(sessionId));
  const base = { method: route.method, path, token, headers: { 'stepwright-device': 'laptop-1' } };
  if (route.path.endsWith('/{sha256}')) return { ...base, body: png };
  if (route.path === '/v1/sessions') return route.method === 'POST' ? { ...base, json: openBody(sessionId) } : base;
  if (route.path.endsWith('/events')) return { ...base, json: { firstSeq: 1, events: [{ atMs: 1, kind: 'click' }] } };
  return route.method === 'POST' ? { ...base, json: { lastSeq: 0 } } : base;
}

/** Without what differs by request. */
function comparable(answer: Answer): unknown {
  const { requestId: _requestId, ...rest } = Object(answer.json);
  return [answer.status, rest];
}

test('another tenant gets the same answer for an id of ours as for one that never was, on every route', async () => {
  const under = await furnished();
  await under.gateway.prepare();
  const call = callerOf(under);
  const opened = await call(requestTo(routeOf(under, 'POST', '/v1/sessions'), 's1', under.token('acme', 'agent')));
  assert.equal(opened.status, 409, 'the id of a finished session is used');
  assert.equal(
    (await call({ method: 'POST', path: '/v1/sessions', token: under.token('acme', 'agent'), json: openBody('open1') })).status,
    201,
  );
  const stranger = under.token('other', 'admin', true);
  let looked = 0;
  for (const route of under.gateway.routes) {
    if (!/\{sessionId\}|\{key\+\}/.test(route.path)) continue;
    const unknown = comparable(await call(requestTo(route, 'never', stranger)));
    for (const sessionId of ['s1', 'open1']) {
      const foreign = comparable(await call(requestTo(route, sessionId, stranger)));
      assert.deepEqual(foreign, unknown, `${route.method} ${route.path}`);
      assert.equal(Reflect.get(Object(foreign), 0), 404, `${route.method} ${route.path}`);
      looked += 1;
    }
  }
  assert.ok(looked >= 20, `only ${looked} looked at`);
  const lists = await Promise.all(['/v1/sessions', '/v1/guides'].map((path) => call({ method: 'GET', path, token: stranger })));
  for (const { json } of lists) assert.deepEqual(json, { rows: [] });
  const report = await call({ method: 'GET', path: '/v1/analytics/sessions', token: stranger });
  assert.equal(report.body.includes('acme'), false);
  await under.gateway.close();
});

test('a role reaches exactly the routes that its table says, and nobody reaches one without a key', async () => {
  const under = await furnished();
  await under.gateway.prepare();
  const call = callerOf(under);
  for (const route of under.gateway.routes) {
    if (route.access === 'public') continue;
    const { access } = route;
    const nobody = await call({ ...requestTo(route, 's1', 'sw_00000000_wrong'), token: 'sw_00000000_wrong' });
    assert.equal(nobody.status, 401, `${route.method} ${route.path}`);
    for (const role of roles) {
      const principal = { tenantId: 'third', role, keyId: '', operator: false };
      const { status } = await call(requestTo(route, 'never', under.token('third', role)));
      assert.equal(status === 403, !mayAccess(principal, access), `${role} on ${route.method} ${route.path}: ${status}`);
    }
  }
  await under.gateway.close();
});

test('after a deletion every route of the session answers 410, and a second deletion completes it', async () => {
  const under = await furnished();
  await under.gateway.prepare();
  const call = callerOf(under);
  const token = under.token('acme', 'admin');
  const deletion = await call({ method: 'DELETE', path: '/v1/sessions/s1', token });
  assert.deepEqual(deletion.json, { sessionId: 's1', deleted: { views: 3 } });
  for (const route of under.gateway.routes) {
    if (!/\{sessionId\}|\{key\+\}/.test(route.path)) continue;
    const { status } = await call(requestTo(route, 's1', token));
    assert.equal(status, route.method === 'DELETE' ? 200 : 410, `${route.method} ${route.path}`);
  }
  assert.equal((await call({ method: 'POST', path: '/v1/sessions', token, json: openBody('s1') })).status, 410);
  await under.gateway.close();
});

test('an image key serves immutable bytes to its tenant, and no path leads out of the tenant', async () => {
  const under = await furnished();
  const call = callerOf(under);
  const token = under.token('acme', 'viewer');
  const image = await call({ method: 'GET', path: `/v1/images/${imageKey('s1')}`, token });
  assert.equal(createHash('sha256').update(image.body).digest('hex'), pngSha256);
  assert.match(image.headers['cache-control'] ?? '', /immutable/);
  const again = await call({
    method: 'GET',
    path: `/v1/images/${imageKey('s1')}`,
    token,
    headers: { 'if-none-match': image.headers['etag'] ?? '' },
  });
  assert.equal(again.status, 304);
  await under.objects.put('quarantine/acme/s1/raw', png, { contentType: 'image/png' });
  await under.objects.put('images/acme/s1/page', png, { contentType: 'text/html' });
  for (const key of [
    'quarantine/acme/s1/raw',
    'images/acme/s1/page',
    'images/acme/..%2f..%2fquarantine/acme/s1/raw',
    'images/acme/s1',
    'acme/s1/%00',
  ]) {
    assert.equal((await call({ method: 'GET', path: `/v1/images/${key}`, token })).status, 404, key);
  }
});

function routeOf(under: GatewayUnderTest, method: string, path: string): Route {
  const route = under.gateway.routes.find((candidate) => candidate.method === method && candidate.path === path);
  assert.ok(route);
  return route;
}
