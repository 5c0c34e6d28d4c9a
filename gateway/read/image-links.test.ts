import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { callerOf } from '../test-support/call-gateway.ts';
import type { Answer } from '../test-support/call-route.ts';
import { createGatewayUnderTest, sessionRow, type GatewayUnderTest } from '../test-support/gateway-under-test.ts';

const key = 'images/acme/s1/0a1b2c';
const png = { contentType: 'image/png' };
let linked: string[] = [];
let under: GatewayUnderTest;
let get: (path: string, token: string) => Promise<Answer>;

beforeEach(async () => {
  linked = [];
  const linkTo = async (name: string): Promise<string> => {
    linked.push(name);
    return `https://pictures.example.com/${name}?signature=abc`;
  };
  under = await createGatewayUnderTest({ imageLinks: { origin: 'https://pictures.example.com', validMs: 60_000, linkTo } });
  await under.objects.put(key, Buffer.from('the picture'), png);
  const call = callerOf(under);
  get = (path, token) => call({ method: 'GET', path, token });
});

test('a picture is answered by a signed address that is kept for half of its time, and without a byte of the picture', async () => {
  const answer = await get(`/v1/${key}`, under.token('acme', 'viewer'));
  assert.equal(answer.status, 302);
  assert.equal(answer.headers['location'], `https://pictures.example.com/${key}?signature=abc`);
  assert.equal(answer.headers['cache-control'], 'private, max-age=30');
  assert.ok(!answer.body.includes('the picture'));
});

test('no address is made for another tenant, for a role that may not read, for what is no picture, or for what is not there', async () => {
  await under.objects.put('images/acme/s1/page', Buffer.from('<html>'), { contentType: 'text/html' });
  const viewer = under.token('acme', 'viewer');
  const asked = [
    get(`/v1/${key}`, under.token('zeta', 'admin')),
    get(`/v1/${key}`, under.token('acme', 'agent')),
    get('/v1/images/acme/s1/page', viewer),
    get('/v1/images/acme/s1/none', viewer),
  ];
  assert.deepEqual(
    (await Promise.all(asked)).map(({ status }) => status),
    [404, 403, 404, 404],
  );
  assert.deepEqual(linked, []);
});

test('no address is made for a session that was forgotten, though its picture may still lie there', async () => {
  await under.views.apply({ sessions: [sessionRow('s1', 1)], steps: [], guides: [], positions: [] });
  await under.deps.forget('acme', 's1');
  const answer = await get(`/v1/${key}`, under.token('acme', 'viewer'));
  assert.equal(answer.status, 410);
  assert.deepEqual(linked, []);
});
