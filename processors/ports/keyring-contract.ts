import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../topology/base/errors.ts';
import type { Keyring } from './keyring.ts';

/** A keyring under test; `reopen` gives a second one on the same storage, as another process or a restart would. */
export interface KeyringUnderTest {
  readonly keyring: Keyring;
  readonly reopen: () => Keyring;
  readonly dispose: () => void;
}

/** What every Keyring promises. `name` goes into the test names. */
export function testKeyringContract(name: string, create: () => KeyringUnderTest): void {
  const check = (sentence: string, run: (under: KeyringUnderTest) => Promise<void> | void): void => {
    test(`${name}: ${sentence}`, async () => {
      const under = create();
      try {
        await run(under);
      } finally {
        under.dispose();
      }
    });
  };

  check('a key has 32 bytes, stays the same, and differs from every other', ({ keyring, reopen }) => {
    const key = keyring.keyFor('t1/s1');
    assert.equal(key.length, 32);
    assert.deepEqual(keyring.keyFor('t1/s1'), key);
    assert.deepEqual(reopen().keyFor('t1/s1'), key);
    assert.notDeepEqual(keyring.keyFor('t1/s2'), key);
    assert.notDeepEqual(keyring.keyFor('t2/s1'), key);
  });

  check('peek never mints', ({ keyring }) => {
    assert.equal(keyring.peek('t1/s1'), undefined);
    assert.equal(keyring.peek('t1/s1'), undefined);
    const key = keyring.keyFor('t1/s1');
    assert.deepEqual(keyring.peek('t1/s1'), key);
  });

  check('a destroyed key is gone for every call and after reopening, and its neighbours stay', async ({ keyring, reopen }) => {
    const neighbour = keyring.keyFor('t1/s2');
    keyring.keyFor('t1/s1');
    assert.equal(await keyring.destroy('t1/s1'), true);
    for (const ring of [keyring, reopen()]) {
      assert.equal(ring.peek('t1/s1'), 'gone');
      assert.throws(
        () => ring.keyFor('t1/s1'),
        (error) => hasCode(error, 'SEAL_KEY_GONE'),
      );
      assert.throws(
        () => ring.hmacKeyFor('t1/s1'),
        (error) => hasCode(error, 'SEAL_KEY_GONE'),
      );
      assert.deepEqual(ring.keyFor('t1/s2'), neighbour);
    }
  });

  check('destroying what was never minted still leaves a tombstone', async ({ keyring, reopen }) => {
    assert.equal(await keyring.destroy('t1/late'), false);
    assert.equal(await keyring.destroy('t1/late'), false);
    assert.throws(
      () => reopen().keyFor('t1/late'),
      (error) => hasCode(error, 'SEAL_KEY_GONE'),
    );
  });

  check('the key for names is stable, differs from the data key, and needs one', ({ keyring, reopen }) => {
    const names = keyring.hmacKeyFor('t1/s1');
    assert.equal(names.length, 32);
    assert.notDeepEqual(names, keyring.keyFor('t1/s1'));
    assert.deepEqual(reopen().hmacKeyFor('t1/s1'), names);
  });

  check('scopes with separators, dots and letters of any script do not touch each other', ({ keyring }) => {
    const scopes = ['t/..', 't/.', 't/a', 't/A', 't/ä', 't/%61', 't/a:b', '../t/a', 't/a.key'];
    const keys = new Set(scopes.map((scope) => keyring.keyFor(scope).toString('hex')));
    assert.equal(keys.size, scopes.length);
  });
}
