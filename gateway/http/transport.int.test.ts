import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { silentLogger } from '../../topology/base/logger.ts';
import { silentMetrics } from '../../topology/base/metrics.ts';
import { createAuthenticator } from '../auth/authenticate.ts';
import { createGatewayUnderTest } from '../test-support/gateway-under-test.ts';
import type { GatewayUnderTest } from '../test-support/gateway-under-test.ts';
import { openBody } from '../test-support/recorder.ts';
import { Dispatcher } from './dispatcher.ts';
import { createHttpServer } from './http-server.ts';

async function withGateway(
  run: (under: GatewayUnderTest, url: URL, headers: Record<string, string>) => Promise<void>,
  overrides = {},
): Promise<void> {
  const under = await createGatewayUnderTest(overrides);
  const { url } = await under.gateway.start();
  const headers = {
    authorization: `Bearer ${under.token('acme', 'agent')}`,
    'content-type': 'application/json',
    'stepwright-device': 'laptop-1',
  };
  try {
    await fetch(`${url}/v1/sessions`, { method: 'POST', headers, body: JSON.stringify(openBody('s1')) });
    await run(under, new URL(url), headers);
  } finally {
    await under.gateway.close();
  }
}

interface Sent {
  readonly status: number;
  readonly text: string;
  /** How much of the body had been written when the answer came. */
  readonly writtenBytes: number;
}

/** Sends a body of `totalBytes` piece by piece until the server answers. */
function sendLong(url: URL, path: string, headers: Record<string, string>, totalBytes: number): Promise<Sent> {
  return new Promise((resolve, reject) => {
    let writtenBytes = 0;
    let answered = false;
    const outgoing = request({ hostname: url.hostname, port: url.port, path, method: 'PUT', headers }, (response) => {
      answered = true;
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString(), writtenBytes }));
    });
    outgoing.on('error', (error) => answered || reject(error));
    const piece = Buffer.alloc(64 * 1024);
    const more = (): void => {
      while (!answered && writtenBytes < totalBytes) {
        writtenBytes += piece.length;
        if (!outgoing.write(piece)) return void outgoing.once('drain', more);
      }
      if (!answered) outgoing.end();
    };
    more();
  });
}

const hundredMegabytes = 100 * 1024 * 1024;
const screenshotPath = `/v1/sessions/s1/screenshots/${'a'.repeat(64)}`;

test('a screenshot of 100 MB is refused by its length before it is sent, and by count when it hides its length', async () => {
  await withGateway(async (_, url, headers) => {
    const declared = await sendLong(url, screenshotPath, { ...headers, 'content-length': String(hundredMegabytes) }, hundredMegabytes);
    assert.equal(declared.status, 413);
    assert.match(declared.text, /SCREENSHOT_TOO_LARGE/);
    assert.ok(declared.writtenBytes < hundredMegabytes / 2, `${declared.writtenBytes} bytes went out`);
    const hidden = await sendLong(url, screenshotPath, { ...headers, 'transfer-encoding': 'chunked' }, hundredMegabytes);
    assert.equal(hidden.status, 413);
    assert.ok(hidden.writtenBytes < hundredMegabytes / 2, `${hidden.writtenBytes} bytes went out`);
  });
});

test('a sender that asks first with Expect: 100-continue is refused without sending a byte', async () => {
  await withGateway(async (_, url, headers) => {
    const status = await new Promise<number>((resolve, reject) => {
      const expecting = { ...headers, 'content-length': String(hundredMegabytes), expect: '100-continue' };
      const outgoing = request({ hostname: url.hostname, port: url.port, path: screenshotPath, method: 'PUT', headers: expecting });
      outgoing.on('continue', () => reject(new RangeError('the server wanted the body')));
      outgoing.on('response', (response) => {
        resolve(response.statusCode ?? 0);
        outgoing.destroy();
      });
      outgoing.on('error', () => {});
      outgoing.flushHeaders();
    });
    assert.equal(status, 413);
  });
});

test('a zip bomb over the wire is refused and the next request is served', async () => {
  await withGateway(async (_, url, headers) => {
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(200 * 1024 * 1024)));
    const before = process.memoryUsage().rss;
    const refused = await fetch(new URL('/v1/sessions/s1/events', url), {
      method: 'POST',
      headers: { ...headers, 'content-encoding': 'gzip' },
      body: bomb,
    });
    assert.equal(refused.status, 413);
    assert.match(await refused.text(), /BODY_INFLATED_TOO_LARGE/);
    assert.ok(process.memoryUsage().rss - before < 100 * 1024 * 1024);
    assert.equal((await fetch(new URL('/v1/sessions/s1/ack', url), { headers })).status, 200);
  });
});

test('whoever drips headers or body is cut off with 408', async () => {
  const tokens = { verify: () => ({ tenantId: 'acme', role: 'admin', keyId: 'k', operator: false }) as const };
  const origins = { hosts: [], allowedOrigins: [] };
  const authenticator = createAuthenticator([tokens], 'c');
  const dispatcher = new Dispatcher({ authenticator, origins, newRequestId: () => 'id', logger: silentLogger, metrics: silentMetrics });
  const under = await createGatewayUnderTest();
  await under.gateway.prepare();
  const http = createHttpServer({ routes: under.gateway.routes, dispatcher, origins, requestTimeoutMs: 300, headersTimeoutMs: 200 });
  const { port } = await http.listen('127.0.0.1', 0);
  const drip = (head: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(head));
      let text = '';
      socket.on('data', (part) => (text += part.toString()));
      socket.on('error', () => {});
      socket.on('close', () => resolve(text));
    });
  assert.match(await drip('GET / HTTP/1.1\r\nhost: x\r\nx-slow: '), /408 .*REQUEST_TIMEOUT/s);
  const body = 'POST /v1/sessions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer x\r\ncontent-length: 500\r\n\r\n{';
  assert.match(await drip(body), /^HTTP\/1\.1 (408|400)/);
  await http.close();
  await under.gateway.close();
});

test('a visit with a token is sent on without it and then shows pages; without one there is one clear sentence', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'stepwright-pages-'));
  await writeFile(join(directory, 'live.html'), '<!doctype html><title>Live</title>');
  await writeFile(join(directory, 'app.js'), 'export {};');
  try {
    await withGateway(
      async (under, url) => {
        const token = under.token('acme', 'viewer');
        const visit = await fetch(new URL(`/live/s1?token=${token}&tab=2`, url), { redirect: 'manual' });
        assert.equal(visit.status, 303);
        assert.equal(visit.headers.get('location'), '/live/s1?tab=2');
        const cookie = visit.headers.get('set-cookie')?.split(';')[0] ?? '';
        const page = await fetch(new URL('/live/s1', url), { headers: { cookie } });
        assert.match(await page.text(), /Live/);
        assert.match(page.headers.get('content-security-policy') ?? '', /script|default-src 'self'/);
        assert.equal((await fetch(new URL('/v1/me', url), { headers: { cookie } })).status, 200);
        const cross = { cookie, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
        assert.equal((await fetch(new URL('/v1/sessions/s1', url), { method: 'DELETE', headers: cross })).status, 403);
        const stranger = await fetch(new URL('/live/s1', url));
        assert.equal(stranger.status, 401);
        assert.match(await stranger.text(), /\?token=/);
        assert.equal((await fetch(new URL('/?token=sw_wrong', url), { redirect: 'manual' })).status, 401);
        for (const path of ['/..%2f..%2fetc%2fpasswd', '/%2e%2e/%2e%2e/etc/passwd', '/app.js%00.html', '/nothing.html']) {
          assert.equal((await fetch(new URL(path, url), { headers: { cookie } })).status, 404, path);
        }
      },
      { pagesDirectory: directory },
    );
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a visit with a token is sent on within this server, however its path begins', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stepwright-pages-'));
  await writeFile(join(folder, 'index.html'), '<!doctype html>');
  try {
    await withGateway(
      async (under, url) => {
        for (const path of ['/\\other.example', '//other.example', '/\\/other.example']) {
          const location = await new Promise<string | undefined>((resolve, reject) => {
            const { hostname, port } = url;
            const sent = request({ hostname, port, path: `${path}?token=${under.token('acme', 'viewer')}` }, (answer) => {
              answer.resume();
              resolve(answer.headers.location);
            });
            sent.once('error', reject).end();
          });
          assert.equal(new URL(location ?? '', url).host, url.host, `${path} led to ${location}`);
        }
      },
      { pagesDirectory: folder },
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
