import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedLock } from './keyed-lock.ts';

test('work of one key runs in the order it was asked for, also after a failure; of different keys side by side', async () => {
  const lock = new KeyedLock();
  const done: string[] = [];
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const first = lock.run('a', async () => {
    await gate;
    done.push('a1');
    throw new Error('refused');
  });
  const second = lock.run('a', async () => done.push('a2'));
  await lock.run('b', async () => done.push('b'));
  release();
  await assert.rejects(first, /refused/);
  await second;
  assert.deepEqual(done, ['b', 'a1', 'a2']);
});
