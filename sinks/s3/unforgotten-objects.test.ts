import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { hasCode } from '../../topology/base/errors.ts';
import { createMemoryObjectStore } from '../memory/memory-object-store.ts';
import { unforgottenObjects } from './unforgotten-objects.ts';

const key = 'images/acme/s1/a.webp';
const webp = { contentType: 'image/webp' };

test('a picture that is stored while its session is deleted is not left behind, whichever ends first', async () => {
  const keyring = createMemoryKeyring('seed');
  keyring.keyFor('acme/s1');
  const inner = createMemoryObjectStore();
  // The key goes while the bytes are on their way.
  const slow: ObjectStore = {
    ...inner,
    put: async (name, body, options) => {
      await keyring.destroy('acme/s1');
      return inner.put(name, body, options);
    },
  };
  await assert.rejects(unforgottenObjects(slow, keyring).put(key, Buffer.from('pixels'), webp), (error) => hasCode(error, 'SEAL_KEY_GONE'));
  await assert.rejects(unforgottenObjects(inner, keyring).put(key, Buffer.from('pixels'), webp), (error) =>
    hasCode(error, 'SEAL_KEY_GONE'),
  );
  assert.equal(await inner.head(key), undefined);
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
