import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HotKeys } from './hot-keys.ts';

test('the key that was not used for the longest time leaves first, and there are never more than the limit', () => {
  const keys = new HotKeys(2);
  const [a, b, c] = [Buffer.of(1), Buffer.of(2), Buffer.of(3)];
  keys.set('a', a);
  keys.set('b', b);
  assert.equal(keys.get('a'), a);
  keys.set('c', c);
  assert.deepEqual([keys.get('a'), keys.get('b'), keys.get('c')], [a, undefined, c]);
  keys.delete('a');
  assert.equal(keys.get('a'), undefined);
  keys.clear();
  assert.equal(keys.get('c'), undefined);
});
