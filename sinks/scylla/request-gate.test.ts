import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestGate } from './request-gate.ts';

test('no more requests than allowed are under way, in order, and a failed one gives its place on', async () => {
  const gate = new RequestGate(3);
  const [begun, releases] = [new Array<number>(), new Array<() => void>()];
  const requests = Array.from({ length: 10 }, (_value, index) =>
    gate.run(async () => {
      begun.push(index);
      await new Promise<void>((resolve) => releases.push(resolve));
      if (index % 2 === 0) throw new Error(`request ${index}`);
      return index;
    }),
  );
  const settled = Promise.allSettled(requests);
  for (let doneCount = 0; doneCount < 10; doneCount++) {
    while (releases.length === 0) await Promise.resolve();
    assert.ok(begun.length - doneCount <= 3, `${begun.length - doneCount} under way`);
    releases.shift()?.();
  }
  assert.deepEqual(
    (await settled).map(({ status }) => status === 'fulfilled'),
    Array.from({ length: 10 }, (_value, index) => index % 2 === 1),
  );
  assert.deepEqual(begun, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(await gate.run(async () => 'free'), 'free');
});
