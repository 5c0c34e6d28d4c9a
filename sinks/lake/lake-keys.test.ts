import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { keySegments } from '../s3/object-key.ts';
import { lakeDay, lakeKey, tenantFolder, tenantPrefix } from './lake-keys.ts';

const range = { topic: 'capture.events.v1', partition: 3, fromOffset: 70n, nextOffset: 1_234n };

test('a file is named by tenant, day and source range', () => {
  const key = lakeKey({ tenantId: 'acme', day: '2026-11-22', range, topicId: 'first' });
  assert.match(
    key,
    /^lake\/events\/tenant=acme\/day=2026-11-22\/capture\.events\.v1-[0-9a-f]{8}-3-0000000000000000070-0000000000000001234\.parquet$/,
  );
  assert.ok(key.startsWith(tenantPrefix('acme')));
});

test('a topic that was made anew gets files of its own', () => {
  const [first, second] = ['first', 'second'].map((topicId) => lakeKey({ tenantId: 'acme', day: '2026-11-22', range, topicId }));
  assert.notEqual(first, second);
});

test('names of tenants are escaped, so that none leaves its folder or becomes another', () => {
  assert.equal(tenantFolder('Acme & Co'), 'tenant=.41cme.20.26.20.43o');
  assert.equal(tenantFolder('..'), 'tenant=.2e.2e');
  assert.equal(tenantFolder('day=1'), 'tenant=day.3d1');
  assert.equal(tenantFolder('.41cme'), 'tenant=.2e41cme');
});

test('any two tenants have two folders, whatever they are called, also where case is not told apart', () => {
  const name = fc.oneof(fc.string({ minLength: 1, maxLength: 300, unit: 'binary' }), fc.stringMatching(/^[aA.]{1,120}$/));
  fc.assert(
    fc.property(name, name, (one, other) => {
      const key = lakeKey({ tenantId: one, day: '2026-11-22', range, topicId: 'first' });
      assert.equal(keySegments(key).length, 5);
      const isSame = tenantFolder(one).toLowerCase() === tenantFolder(other).toLowerCase();
      assert.equal(isSame, Buffer.from(one).equals(Buffer.from(other)));
    }),
  );
});

test('a day is one of UTC, and a time that is none lies on the first or last day', () => {
  assert.equal(lakeDay(Date.UTC(2026, 10, 22, 23, 59, 59, 999)), '2026-11-22');
  assert.equal(lakeDay(Date.UTC(2026, 10, 23)), '2026-11-23');
  assert.equal(lakeDay(-1), '1970-01-01');
  assert.equal(lakeDay(Number.MAX_SAFE_INTEGER), '9999-12-31');
});
