import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../topology/base/errors.ts';
import { sealed, sessionScope, type SealKeys, tenantOfKey } from './sealed.ts';
import type { Serde } from './serde.ts';

const text: Serde<string> = {
  serialize: (value) => Buffer.from(value),
  deserialize: (bytes) => bytes.toString('utf8'),
};

interface TestKeys extends SealKeys {
  readonly keys: Map<string, Buffer | 'gone'>;
}

function testKeys(): TestKeys {
  const keys = new Map<string, Buffer | 'gone'>();
  return {
    keys,
    keyFor: (scope) => {
      const key = keys.get(scope) ?? randomBytes(32);
      assert.ok(key !== 'gone');
      keys.set(scope, key);
      return key;
    },
    peek: (scope) => keys.get(scope),
  };
}

const key = Buffer.from('tenant/session');

test('whatever is sealed opens again under the same key, and shows nothing of itself', () => {
  const serde = sealed(text, testKeys());
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (value) => {
      const bytes = serde.serialize(value, key);
      assert.equal(serde.deserialize(bytes, key), value);
      if (value.length > 4) assert.equal(bytes.includes(value), false);
    }),
  );
});

test('no nonce comes twice in 20,000 seals', () => {
  const serde = sealed(text, testKeys());
  const nonces = new Set(Array.from({ length: 20_000 }, () => serde.serialize('x', key).toString('latin1', 1, 13)));
  assert.equal(nonces.size, 20_000);
});

test('any changed byte, any missing or added one, is found', () => {
  const serde = sealed(text, testKeys());
  const bytes = serde.serialize('a value of some length', key);
  const isBroken = (error: unknown): boolean => hasCode(error, 'SEAL_BROKEN') && error.disposition === 'dead-letter';
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 0x41;
    assert.throws(() => serde.deserialize(changed, key), isBroken, `byte ${at}`);
    assert.throws(() => serde.deserialize(bytes.subarray(0, at), key), isBroken, `cut at ${at}`);
  }
  assert.throws(() => serde.deserialize(Buffer.concat([bytes, Buffer.of(0)]), key), isBroken);
});

test('a value does not open under another record key, even of the same session', () => {
  const serde = sealed(text, testKeys());
  const bytes = serde.serialize('value', Buffer.from('tenant/session/step-1'));
  assert.throws(
    () => serde.deserialize(bytes, Buffer.from('tenant/session/step-2')),
    (error) => hasCode(error, 'SEAL_BROKEN'),
  );
});

test('after the key is destroyed a value is gone, and opening never mints a key', () => {
  const keys = testKeys();
  const serde = sealed(text, keys);
  const bytes = serde.serialize('value', key);
  keys.keys.set('tenant/session', 'gone');
  assert.throws(
    () => serde.deserialize(bytes, key),
    (error) => hasCode(error, 'SEAL_KEY_GONE'),
  );
  keys.keys.clear();
  assert.throws(
    () => serde.deserialize(bytes, key),
    (error) => hasCode(error, 'SEAL_BROKEN'),
  );
  assert.equal(keys.keys.size, 0);
});

test('the scope is the tenant and the session that a record or store key begins with', () => {
  for (const stored of ['t/s', 't/s/step/4', 't/s\u0000tail', 't/s\u0001'])
    assert.equal(sessionScope(Buffer.from(stored)), 't/s', JSON.stringify(stored));
  assert.equal(sessionScope(Buffer.from('xx-ä/ß').subarray(3)), 'ä/ß');
  assert.equal(sessionScope(Uint8Array.from(Buffer.from('t/s/1'))), 't/s');
  for (const wrong of ['', 't', 't/', '/s', 't//'])
    assert.throws(
      () => sessionScope(Buffer.from(wrong)),
      (error) => hasCode(error, 'SEAL_BROKEN'),
      wrong,
    );
});

test('the tenant of a record is what stands before the session in its key; another key has none', () => {
  const tenants = ['acme/s1', 'a.b-c_D9/s1/step', 'acme', '', '/s1', '-a/s1', '../s1', `${'a'.repeat(65)}/s1`, 'a b/s1'].map((text) =>
    tenantOfKey(Buffer.from(text)),
  );
  assert.deepEqual(tenants, ['acme', 'a.b-c_D9', ...Array(7).fill(undefined)]);
});
