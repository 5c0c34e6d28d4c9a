import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { hasCode } from '../../../topology/base/errors.ts';
import { createRemoteRegistry } from './remote-registry.ts';
import type { SchemaRegistry } from '../schema-registry.ts';

type Reply = (path: string, method: string) => Response | Error;

const schema = '{"type":"record","name":"Thing","fields":[{"name":"a","type":"string"}]}';
const other = '{"type":"record","name":"Other","fields":[{"name":"a","type":"string"}]}';
const absent = (): Response => Response.json({ error_code: 40401, message: 'not there' }, { status: 404 });

interface Scripted {
  readonly registry: SchemaRegistry;
  readonly requests: readonly string[];
  readonly headers: readonly Headers[];
  readonly waits: readonly number[];
  readonly told: readonly string[];
  nowMs: number;
}

function scripted(reply: Reply): Scripted {
  const requests: string[] = [];
  const headers: Headers[] = [];
  const waits: number[] = [];
  const told: string[] = [];
  const under = { requests, headers, waits, told, nowMs: 0 };
  const send: typeof fetch = async (input, init) => {
    const path = new URL(input instanceof Request ? input.url : input).pathname.replace('/api', '');
    requests.push(`${init?.method} ${path}`);
    headers.push(new Headers(init?.headers));
    const answer = reply(path, init?.method ?? '');
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const registry = createRemoteRegistry({
    url: 'http://registry.test/api/',
    user: 'me',
    password: 'canary-password',
    timeoutMs: 1_000,
    attempts: 3,
    random: () => 0.999,
    wait: async (delayMs) => waits.push(delayMs),
    fetch: send,
    onAway: (message) => told.push(message),
    nowMs: () => under.nowMs,
  });
  return Object.assign(under, { registry });
}

/** Until nothing is under way any more. */
async function settle(): Promise<void> {
  for (let index = 0; index < 20; index++) await turn();
}

test('an id is asked for once, and what is learned is never asked for again', async () => {
  const { registry, requests } = scripted(() => Response.json({ schema }));
  for (let index = 0; index < 3; index++) assert.throws(() => registry.schemaById(7), isRetry);
  await settle();
  for (let index = 0; index < 3; index++) assert.equal(registry.schemaById(7), schema);
  assert.deepEqual(requests, ['GET /schemas/ids/7']);
});

test('an id that nobody registered is not asked for with every record, and is asked for again some time later', async () => {
  const under = scripted(() => Response.json({ error_code: 40403, message: 'no schema' }, { status: 404 }));
  assert.throws(() => under.registry.schemaById(7), isRetry);
  await settle();
  for (let index = 0; index < 3; index++) assert.equal(under.registry.schemaById(7), undefined);
  under.nowMs = 60_000;
  assert.throws(() => under.registry.schemaById(7), isRetry);
  await settle();
  assert.equal(under.requests.length, 2);
});

test('while the registry is away a record waits, with the reason, and no schema is guessed', async () => {
  let isAway = true;
  const { registry, waits, told } = scripted(() =>
    isAway ? new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) }) : Response.json({ schema }),
  );
  assert.throws(() => registry.schemaById(7), isRetry);
  await settle();
  assert.throws(
    () => registry.schemaById(7),
    (error) => isRetry(error) && error instanceof Error && /registry\.test.*ECONNREFUSED/.test(error.message),
  );
  assert.deepEqual(waits, [100, 200], 'back-off doubles');
  assert.deepEqual(
    told,
    ['The schema registry at http://registry.test/api does not answer (ECONNREFUSED); it is asked up to 3 times.'],
    'said at once, not at the end only',
  );
  isAway = false;
  await settle();
  assert.equal(registry.schemaById(7), schema);
});

test('a passing failure of the registry is outlasted', async () => {
  let failedCount = 0;
  const { registry } = scripted((path) => {
    if (failedCount++ < 2) return new Response('busy', { status: 503 });
    return path.endsWith('/versions') ? Response.json([]) : absent();
  });
  assert.deepEqual(await registry.versionsOf('things-value'), []);
});

test('a registry that gives our id to another schema stops us before anything is written', async () => {
  const { registry } = scripted((path, method) => {
    if (path === '/subjects/things-value/versions' && method === 'POST') return Response.json({ id: 3 });
    if (path === '/schemas/ids/3') return Response.json({ schema: other });
    return method === 'PUT' ? Response.json({}) : absent();
  });
  await assert.rejects(
    registry.register('things-value', schema),
    (error) => hasCode(error, 'SCHEMA_REGISTRY_REFUSED') && /id 3/.test(error.message),
  );
});

test('a registry that lost what it had and numbers anew is found out', async () => {
  const texts = [schema];
  const { registry } = scripted((path, method) => {
    if (method === 'PUT') return Response.json({});
    if (method === 'POST') return Response.json({ id: 1 });
    return path === '/schemas/ids/1' ? Response.json({ schema: texts.at(-1) }) : absent();
  });
  assert.equal(await registry.register('things-value', schema), 1);
  texts.push(other);
  await assert.rejects(
    registry.register('others-value', other),
    (error) => hasCode(error, 'SCHEMA_REGISTRY_REFUSED') && /lost/.test(error.message),
  );
  assert.equal(registry.schemaById(1), schema);
});

test('the rule of a subject is set before and after its first version, and left alone when it is strict enough', async () => {
  const levels: string[] = [];
  const { registry, requests } = scripted((path, method) => {
    if (path.startsWith('/config/') && method === 'PUT') {
      levels.push('set');
      return Response.json({});
    }
    if (path.startsWith('/config/')) return levels.length < 2 ? absent() : Response.json({ compatibilityLevel: 'FULL_TRANSITIVE' });
    if (method === 'POST') return Response.json({ id: 3 });
    if (path === '/schemas/ids/3') return Response.json({ schema: ` ${schema}` });
    return absent();
  });
  assert.equal(await registry.register('things-value', schema), 3);
  assert.deepEqual(
    requests.filter((request) => !request.startsWith('GET')),
    ['PUT /config/things-value', 'POST /subjects/things-value/versions', 'PUT /config/things-value'],
  );
  assert.equal(await registry.register('others-value', schema), 3);
  assert.equal(levels.length, 2);
});

test('a refusal names what to correct and never the password', async () => {
  for (const [status, advice] of [
    [401, /--registry-user/],
    [403, /--registry-user/],
    [404, /address of a registry/],
  ] as const) {
    const { registry, headers } = scripted(() => new Response('<html>', { status }));
    await assert.rejects(
      registry.register('things-value', schema),
      (error) =>
        hasCode(error, 'SCHEMA_REGISTRY_REFUSED') &&
        advice.test(error.message) &&
        !`${error.stack}${JSON.stringify(error)}`.includes('canary'),
    );
    assert.equal(headers[0]?.get('authorization'), `Basic ${Buffer.from('me:canary-password').toString('base64')}`);
  }
});

test('the registry’s verdict on a version is ours', async () => {
  for (const [status, code] of [
    [409, 'SCHEMA_INCOMPATIBLE'],
    [422, 'SCHEMA_INVALID'],
  ] as const) {
    const { registry } = scripted((_path, method) => {
      if (method === 'PUT') return Response.json({});
      return method === 'POST' ? Response.json({ message: 'field c has no default' }, { status }) : absent();
    });
    await assert.rejects(
      registry.register('things-value', schema),
      (error) => hasCode(error, code) && error.message.includes('field c has no default'),
    );
  }
});

function isRetry(error: unknown): boolean {
  return hasCode(error, 'SCHEMA_REGISTRY_UNAVAILABLE') && error.disposition === 'retry';
}
