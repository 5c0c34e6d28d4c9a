import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { keySegments } from '../s3/object-key.ts';
import { dayName, dayNumber, lakeKey, rangesText, tenantFolder, tenantPrefix } from './lake-keys.ts';

const range = { topic: 'capture.events.v1', partition: 3, fromOffset: 70n, nextOffset: 1_234n };
const other = { ...range, partition: 11, fromOffset: 0n };
const file = { tenantId: 'acme', day: '2026-11-22', ranges: [range], part: 0, topicId: 'first' };

test('a file is named by tenant, day and source range', () => {
  const key = lakeKey(file);
  assert.match(
    key,
    /^lake\/events\/tenant=acme\/day=2026-11-22\/capture\.events\.v1-[0-9a-f]{8}-3-0000000000000000070-0000000000000001234\.parquet$/,
  );
  assert.ok(key.startsWith(tenantPrefix('acme')));
});

test('a file of several ranges is named by all of them, in whatever order they come; a second one of the same batch has another name', () => {
  const key = lakeKey({ ...file, ranges: [range, other] });
  assert.match(key, /day=2026-11-22\/capture\.events\.v1-[0-9a-f]{8}-batch-[0-9a-f]{32}\.parquet$/);
  assert.equal(lakeKey({ ...file, ranges: [other, range] }), key);
  assert.equal(rangesText([other, range]), '3:70-1234 11:0-1234');
  const moved = { ...other, nextOffset: 1_235n };
  const names = [key, lakeKey(file), lakeKey({ ...file, ranges: [range, moved] }), lakeKey({ ...file, ranges: [range, other], part: 1 })];
  assert.equal(new Set(names).size, 4);
});

test('a topic that was made anew gets files of its own', () => {
  const [first, second] = ['first', 'second'].map((topicId) => lakeKey({ ...file, topicId }));
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
    fc.property(name, name, (one, another) => {
      const key = lakeKey({ ...file, tenantId: one });
      assert.equal(keySegments(key).length, 5);
      const isSame = tenantFolder(one).toLowerCase() === tenantFolder(another).toLowerCase();
      assert.equal(isSame, Buffer.from(one).equals(Buffer.from(another)));
    }),
  );
});

test('a day is one of UTC, and a time that is none lies on the first or last day', () => {
  const dayOf = (timestampMs: number): string => dayName(dayNumber(timestampMs));
  assert.equal(dayOf(Date.UTC(2026, 10, 22, 23, 59, 59, 999)), '2026-11-22');
  assert.equal(dayOf(Date.UTC(2026, 10, 23)), '2026-11-23');
  assert.equal(dayOf(-1), '1970-01-01');
  assert.equal(dayOf(Number.MAX_SAFE_INTEGER), '9999-12-31');
});
