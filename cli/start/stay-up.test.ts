import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stayUp } from './stay-up.ts';

/** Runs with a health for each second; the signal comes after the last. */
async function run(healthOfSecond: (second: number) => boolean, secondCount: number): Promise<string> {
  const controller = new AbortController();
  let second = 0;
  return stayUp({
    stopped: controller.signal,
    nowMs: () => second * 1_000,
    isHealthy: () => healthOfSecond(second),
    pause: async () => {
      second += 1;
      if (second === secondCount) controller.abort();
    },
  });
}

test('a process whose tasks fail for a minute without a break ends by itself', async () => {
  assert.equal(await run(() => false, 1_000), 'failing');
});

test('failures that pass, however often, do not end it; the person does', async () => {
  assert.equal(await run((second) => second % 59 === 0, 1_000), 'stopped');
});
