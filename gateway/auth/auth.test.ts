import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasCode } from '../../topology/base/errors.ts';
import { createAuthenticator } from './authenticate.ts';
import { openKeyStore } from './key-store.ts';
import { createSessionTokens } from './session-tokens.ts';

const key = { tenantId: 'acme', role: 'agent', operator: false, label: 'fleet', createdAtMs: 1 } as const;

async function inFolder(run: (file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'stepwright-keys-'));
  try {
    await run(join(folder, 'keys', 'keys.json'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('a key is verified after a restart, its text stands nowhere in the file, and only its owner may read the file', async () => {
  await inFolder(async (file) => {
    const store = await openKeyStore({ randomBytes, file });
    const { text, keyId } = await store.add(key);
    const stored = await readFile(file, 'utf8');
    assert.equal(stored.includes(text.slice(-43)), false);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    const reopened = await openKeyStore({ randomBytes, file });
    assert.deepEqual(reopened.verify(text), { tenantId: 'acme', role: 'agent', keyId, operator: false });
  });
});

test('a revoked key, another secret under its id, and texts of any other shape are nobody', async () => {
  await inFolder(async (file) => {
    const store = await openKeyStore({ randomBytes, file });
    const { text, keyId } = await store.add(key);
    const other = await store.add(key);
    for (const wrong of [`sw_${keyId}_${other.text.slice(-43)}`, text.slice(0, -1), `${text}x`, '', 'sw_', text.toUpperCase()]) {
      assert.equal(store.verify(wrong), undefined);
    }
    assert.equal(await store.revoke(keyId), true);
    assert.equal(store.verify(text), undefined);
    assert.equal((await openKeyStore({ randomBytes, file })).verify(text), undefined);
  });
});

test('many keys added at once are all in the file', async () => {
  await inFolder(async (file) => {
    const store = await openKeyStore({ randomBytes, file });
    const added = await Promise.all(Array.from({ length: 20 }, () => store.add(key)));
    const reopened = await openKeyStore({ randomBytes, file });
    for (const { text } of added) assert.ok(reopened.verify(text));
  });
});

test('a broken key file and an impossible tenant are CONFIG_INVALID', async () => {
  await inFolder(async (file) => {
    const store = await openKeyStore({ randomBytes, file });
    await assert.rejects(store.add({ ...key, tenantId: '../x' }), (error) => hasCode(error, 'CONFIG_INVALID'));
    await store.add(key);
    for (const broken of ['{', '{"version":2,"keys":[]}', '{"version":1,"keys":[{"keyId":"a"}]}']) {
      await writeFile(file, broken);
      await assert.rejects(openKeyStore({ randomBytes, file }), (error) => hasCode(error, 'CONFIG_INVALID'));
    }
  });
});

test('a key file that is broken by hand while it is followed leaves the last good keys in force, and says so until it is whole', async () => {
  await inFolder(async (file) => {
    const said: string[] = [];
    const administration = await openKeyStore({ randomBytes, file });
    const { text, keyId } = await administration.add(key);
    const good = await readFile(file, 'utf8');
    const server = await openKeyStore({ randomBytes, file, onBroken: (problem) => void said.push(problem) });
    assert.equal(server.problem(), undefined);
    await writeFile(file, good.slice(0, -5));
    assert.equal(server.verify(text)?.keyId, keyId);
    assert.match(server.problem() ?? '', /^the key file must hold/);
    assert.equal(said.length, 1, 'once a version, not once a request');
    await rm(file);
    await mkdir(file);
    assert.equal(server.verify(text)?.keyId, keyId);
    assert.match(server.problem() ?? '', /^the key file cannot be read \(EISDIR\)/);
    await rm(file, { recursive: true });
    await writeFile(file, good);
    assert.deepEqual([server.problem(), server.verify(text)?.keyId, said.length], [undefined, keyId, 2]);
    await writeFile(file, '{"version":1,"keys":[]}');
    assert.deepEqual([server.problem(), server.verify(text)], [undefined, undefined]);
  });
});

test('a cookie is Secure when browsers come over https', () => {
  const token = 'x';
  assert.match(createAuthenticator([], 'c', true).cookieFor(token), /; Secure$/);
  assert.doesNotMatch(createAuthenticator([], 'c').cookieFor(token), /Secure/);
});

test('the header counts before the cookie, and a wrong header is not made good by a cookie', () => {
  const tokens = createSessionTokens(randomBytes);
  const token = tokens.mint({ tenantId: 'acme', role: 'viewer', operator: false });
  const authenticator = createAuthenticator([tokens], 'stepwright_4000');
  const cookie = `other=1; stepwright_4000=${token}`;
  assert.equal(authenticator.identify({ authorization: `Bearer ${token}`, cookie: undefined })?.by, 'header');
  assert.equal(authenticator.identify({ authorization: undefined, cookie })?.by, 'cookie');
  assert.equal(authenticator.identify({ authorization: 'Bearer nonsense', cookie }), undefined);
  assert.equal(authenticator.identify({ authorization: undefined, cookie: `stepwright_4001=${token}` }), undefined);
  assert.match(authenticator.cookieFor(token), /HttpOnly; SameSite=Lax/);
});
