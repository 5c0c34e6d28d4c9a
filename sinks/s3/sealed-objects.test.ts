import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hasCode } from '../../topology/base/errors.ts';
import { objectStoreContract } from '../contracts/object-store-contract.ts';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import { createMemoryObjectStore } from '../memory/memory-object-store.ts';
import { quarantineScope, sealedObjects } from './sealed-objects.ts';

const key = 'quarantine/acme/s1/0a1b';
const png = { contentType: 'image/png' };

objectStoreContract('sealed memory', async () => ({
  store: sealedObjects(createMemoryObjectStore(), createMemoryKeyring(), () => 'acme/s1'),
  close: async () => {},
}));

it('stores no byte of the original', async () => {
  const inner = createMemoryObjectStore();
  const canary = Buffer.from('canary-of-24-characters!');
  await sealedObjects(inner, createMemoryKeyring(), quarantineScope).put(key, canary, png);
  assert.equal((await inner.get(key))?.includes(canary), false);
});

it('answers SEAL_KEY_GONE once the session was forgotten, and takes no late upload', async () => {
  const keyring = createMemoryKeyring();
  const store = sealedObjects(createMemoryObjectStore(), keyring, quarantineScope);
  await store.put(key, Buffer.from('pixels'), png);
  await keyring.destroy('acme/s1');
  await assert.rejects(store.get(key), (error) => hasCode(error, 'SEAL_KEY_GONE'));
  await assert.rejects(store.put(key, Buffer.from('late'), png), (error) => hasCode(error, 'SEAL_KEY_GONE'));
});

it('opens neither changed bytes nor bytes moved to another key of the same session', async () => {
  const inner = createMemoryObjectStore();
  const store = sealedObjects(inner, createMemoryKeyring(), quarantineScope);
  await store.put(key, Buffer.from('pixels'), png);
  const sealed = (await inner.get(key)) ?? Buffer.alloc(0);
  await inner.put('quarantine/acme/s1/ffff', sealed, png);
  const changed = Buffer.from(sealed);
  changed[15] = (changed[15] ?? 0) ^ 1;
  await inner.put(key, changed, png);
  for (const broken of [key, 'quarantine/acme/s1/ffff']) {
    await assert.rejects(store.get(broken), (error) => hasCode(error, 'SEAL_BROKEN'));
  }
});

it('finds the session in a quarantine key and refuses other keys', () => {
  assert.equal(quarantineScope(key), 'acme/s1');
  for (const wrong of ['images/acme/s1/x', 'quarantine/acme/s1', 'quarantine/acme/s1/x/y', 'quarantine//s1/x']) {
    assert.throws(
      () => quarantineScope(wrong),
      (error) => hasCode(error, 'OBJECT_KEY_INVALID'),
    );
  }
});
