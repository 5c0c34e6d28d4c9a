import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testKeyringContract } from './keyring-contract.ts';
import { createMemoryKeyring } from './memory-keyring.ts';

testKeyringContract('memory keyring', () => {
  const keyring = createMemoryKeyring();
  return { keyring, reopen: () => keyring, dispose: () => {} };
});

test('with a seed, two runs have the same keys (T1), and another seed has others', () => {
  assert.deepEqual(createMemoryKeyring('a').keyFor('t/s'), createMemoryKeyring('a').keyFor('t/s'));
  assert.notDeepEqual(createMemoryKeyring('a').keyFor('t/s'), createMemoryKeyring('b').keyFor('t/s'));
});
