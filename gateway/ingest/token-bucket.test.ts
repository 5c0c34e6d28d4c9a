import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TokenBuckets } from './token-bucket.ts';

test('over any time nobody gets more than the burst, the rate, and one request on credit', () => {
  const steps = fc.array(fc.record({ waitMs: fc.nat(500), tokens: fc.integer({ min: 1, max: 50 }) }), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (calls) => {
      const buckets = new TokenBuckets({ tokensPerSec: 100, burstTokens: 40 });
      let nowMs = 0;
      let taken = 0;
      for (const { waitMs, tokens } of calls) {
        nowMs += waitMs;
        if (buckets.take('a', tokens, nowMs) === 0) taken += tokens;
        assert.ok(taken <= 40 + nowMs / 10 + 50);
      }
    }),
  );
});

test('the wait that is answered is enough and not a token too long', () => {
  const buckets = new TokenBuckets({ tokensPerSec: 10, burstTokens: 5 });
  assert.equal(buckets.take('a', 25, 0), 0);
  const waitMs = buckets.take('a', 1, 0);
  assert.equal(waitMs, 2_100);
  assert.ok(buckets.take('a', 1, waitMs - 101) > 0);
  assert.equal(buckets.take('a', 1, waitMs), 0);
});

test('as many names as anybody invents do not grow it', () => {
  const buckets = new TokenBuckets({ tokensPerSec: 1, burstTokens: 1 }, 100);
  for (let index = 0; index < 10_000; index += 1) buckets.take(`device-${index}`, 1, index);
  assert.equal(buckets.size, 100);
});
