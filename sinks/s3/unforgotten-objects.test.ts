import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import { hasCode } from '../../topology/base/errors.ts';
import { createMemoryObjectStore } from '../memory/memory-object-store.ts';
import { withPut } from '../test-support/with-put.ts';
import { unforgottenObjects } from './unforgotten-objects.ts';

const keys = ['images/acme/s1/a.webp', 'guides/acme/s1/r000001-0/guide.json'];
const webp = { contentType: 'image/webp' };

test('a picture or document that is stored while its session is deleted is not left behind, whichever ends first', async () => {
  const keyring = createMemoryKeyring('seed');
  const inner = createMemoryObjectStore();
  // The key goes while the bytes are on their way.
  const slow = withPut(inner, async (name, body, options) => {
    await keyring.destroy('acme/s1');
    return inner.put(name, body, options);
  });
  for (const key of keys) {
    await assert.rejects(unforgottenObjects(slow, keyring).put(key, Buffer.from('body'), webp), (error) => hasCode(error, 'SEAL_KEY_GONE'));
    assert.equal(await inner.head(key), undefined);
  }
});

test('nothing of a session that is deleted already is written, not even for a moment', async () => {
  const keyring = createMemoryKeyring('seed');
  await keyring.destroy('acme/s1');
  const inner = withPut(createMemoryObjectStore(), () => assert.fail('it was written'));
  for (const key of keys) {
    await assert.rejects(unforgottenObjects(inner, keyring).put(key, Buffer.from('body'), webp), (error) =>
      hasCode(error, 'SEAL_KEY_GONE'),
    );
  }
});

test('pictures of other sessions, and other objects, are stored', async () => {
  const keyring = createMemoryKeyring('seed');
  await keyring.destroy('acme/s1');
  const store = unforgottenObjects(createMemoryObjectStore(), keyring);
  for (const other of ['images/acme/s10/a.webp', 'images/acme.b/s1/a.webp', 'guides/acme/s1/current']) {
    await store.put(other, Buffer.from('x'), webp);
    assert.ok(await store.head(other));
  }
});
