import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { disguisesOf, keysInJson, makeCanary, runsIn } from './canary.ts';

test('a canary is found in base64 whatever stands before and after it', () => {
  const canary = makeCanary();
  fc.assert(
    fc.property(fc.string({ maxLength: 9 }), fc.string({ maxLength: 9 }), (before, after) => {
      const text = Buffer.from(before + canary + after).toString('base64');
      return disguisesOf(canary).some(({ name, bytes }) => name.startsWith('base64') && text.includes(bytes.toString()));
    }),
  );
});

test('keys are read out of JSON, and runs of them told', () => {
  const keys = Array.from('zZ9+q', (key) => JSON.stringify({ kind: 'key.down', key: { key } })).join(',');
  assert.equal(keysInJson(keys), 'zZ9+q');
  assert.deepEqual([runsIn('zZ9+q', 'azZ9+b'), runsIn('zZ9', 'azZ9+b')], [1, 0]);
});
