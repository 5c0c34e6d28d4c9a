import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { hasCode } from '../topology/base/errors.ts';
import { createGatewayUnderTest } from './test-support/gateway-under-test.ts';
import type { GatewayUnderTest } from './test-support/gateway-under-test.ts';

async function withGateway(run: (under: GatewayUnderTest, url: string) => Promise<void>, overrides = {}): Promise<void> {
  const under = await createGatewayUnderTest(overrides);
  const { url } = await under.gateway.start();
  try {
    await run(under, url);
  } finally {
    await under.gateway.close();
  }
}

test('over a socket a session opens, takes events and answers its ack', async () => {
  await withGateway(async (under, url) => {
    const headers = {
      authorization: `Bearer ${under.token('acme', 'agent')}`,
      'content-type': 'application/json',
      'stepwright-device': 'd1',
    };
    const open = { sessionId: 's1', deviceId: 'd1', atMs: Date.now(), agent: { name: 'test', version: '1' } };
    const opened = await fetch(`${url}/v1/sessions`, { method: 'POST', headers, body: JSON.stringify(open) });
    assert.equal(opened.status, 201);
    assert.equal(opened.headers.get('x-content-type-options'), 'nosniff');
    const batch = { firstSeq: 1, events: [{ atMs: Date.now(), kind: 'click' }] };
    const acked = await fetch(`${url}/v1/sessions/s1/events`, { method: 'POST', headers, body: JSON.stringify(batch) });
    assert.deepEqual(await acked.json(), {
      sessionId: 's1',
      status: 'recording',
      ackedSeq: 1,
      slowDownMs: 0,
      appended: 1,
      duplicates: 0,
      dropped: 0,
    });
  });
});

test('a taken port is named with the flag that changes it', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  const address = blocker.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const under = await createGatewayUnderTest({ port });
  await assert.rejects(
    under.gateway.start(),
    (error) => hasCode(error, 'PORT_TAKEN') && error.message.includes(String(port)) && error.message.includes('--port'),
  );
  await under.gateway.close();
  await new Promise((resolve) => blocker.close(resolve));
});

test('unknown paths, wrong methods, broken escapes and foreign hosts have a code', async () => {
  await withGateway(async (under, url) => {
    const authorization = `Bearer ${under.token('acme', 'admin')}`;
    const codeOf = async (path: string, init: RequestInit = {}): Promise<unknown> => {
      const response = await fetch(`${url}${path}`, { headers: { authorization }, ...init });
      const body: unknown = await response.json();
      return [response.status, Reflect.get(Object(Reflect.get(Object(body), 'error')), 'code')];
    };
    assert.deepEqual(await codeOf('/v1/nothing'), [404, 'ROUTE_UNKNOWN']);
    assert.deepEqual(await codeOf('/v1/sessions', { method: 'PATCH' }), [405, 'METHOD_NOT_ALLOWED']);
    assert.deepEqual(await codeOf('/v1/sessions/%E0%A4%A'), [400, 'URL_INVALID']);
    assert.deepEqual(await codeOf('/v1/sessions/s1', { headers: {} }), [401, 'UNAUTHENTICATED']);
  });
});

test('a preflight is answered for configured origins on ingest routes only', async () => {
  const preflight = async (url: string, path: string, origin: string): Promise<string | null> => {
    const headers = { origin, 'access-control-request-method': 'POST' };
    return (await fetch(`${url}${path}`, { method: 'OPTIONS', headers })).headers.get('access-control-allow-origin');
  };
  await withGateway(
    async (_, url) => {
      assert.equal(await preflight(url, '/v1/sessions', 'https://page.example'), 'https://page.example');
      assert.equal(await preflight(url, '/v1/sessions', 'https://other.example'), null);
      assert.equal(await preflight(url, '/v1/guides', 'https://page.example'), null);
    },
    { allowedOrigins: ['https://page.example'] },
  );
});

test('probes of a balancer or an orchestrator name it by address, and are answered; nothing else is', async () => {
  await withGateway(async (_under, url) => {
    const statusOf = async (path: string): Promise<number | undefined> => {
      const [answer] = await once(get(`${url}${path}`, { headers: { host: '10.1.2.3:4280' } }), 'response');
      answer.resume();
      return answer.statusCode;
    };
    for (const path of ['/healthz', '/readyz']) assert.equal(await statusOf(path), 200, path);
    for (const path of ['/', '/v1/openapi.json', '/v1/sessions']) assert.equal(await statusOf(path), 421, path);
  });
});

test('behind a proxy with https its public name is one of ours, other names are not, and the cookie of a visit is Secure', async () => {
  const visit = async (url: string, host: string, token: string): Promise<{ status: number | undefined; cookie: string }> => {
    const [answer] = await once(get(`${url}/?token=${token}`, { headers: { host } }), 'response');
    answer.resume();
    return { status: answer.statusCode, cookie: String(answer.headers['set-cookie']) };
  };
  await withGateway(
    async (under, url) => {
      const token = under.token('acme', 'viewer');
      const { status, cookie } = await visit(url, 'guides.example.com', token);
      assert.equal(status, 303);
      assert.match(cookie, /; Secure$/);
      assert.equal((await visit(url, 'other.example.com', token)).status, 421);
    },
    { publicUrl: 'https://guides.example.com', pagesDirectory: tmpdir() },
  );
  await withGateway(
    async (under, url) => {
      const token = under.token('acme', 'viewer');
      assert.equal((await visit(url, 'guides.example.com', token)).status, 421);
      assert.doesNotMatch((await visit(url, '127.0.0.1', token)).cookie, /Secure/);
    },
    { pagesDirectory: tmpdir() },
  );
});
