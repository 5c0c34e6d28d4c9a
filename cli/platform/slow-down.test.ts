import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slowDownMs } from './slow-down.ts';

test('agents are not slowed down while little waits', () => {
  assert.equal(slowDownMs({ lagCount: 5_000, asyncShare: 0.25 }), 0);
});

test('the more waits for pictures, the longer agents wait: the longest before a task stops taking input (K6)', () => {
  const delays = [0.3, 0.5, 0.8, 1].map((asyncShare) => slowDownMs({ lagCount: 0, asyncShare }));
  assert.deepEqual(
    delays,
    delays.toSorted((a, b) => a - b),
  );
  assert.ok((delays[0] ?? 0) > 0);
  assert.equal(delays.at(-1), 5_000);
});

test('of lag and pictures the worse one counts, up to five seconds', () => {
  assert.equal(slowDownMs({ lagCount: 15_000, asyncShare: 0.3 }), 1_000);
  assert.equal(slowDownMs({ lagCount: 1_000_000, asyncShare: 3 }), 5_000);
});
