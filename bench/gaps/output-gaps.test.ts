import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OutputGaps } from './output-gaps.ts';

test('the longest gap of a phase includes the one that leads into it and the one that it ends in', () => {
  const gaps = new OutputGaps();
  for (const atMs of [0, 100, 900, 1_000, 1_100]) gaps.seen(0, atMs);
  assert.equal(gaps.longest(0, { fromMs: 500, toMs: 1_100 }), 800);
  assert.equal(gaps.longest(0, { fromMs: 950, toMs: 1_100 }), 100);
  assert.equal(gaps.longest(0, { fromMs: 950, toMs: 1_450 }), 350);
});

test('a partition without any output was silent for the whole phase', () => {
  assert.equal(new OutputGaps().longest(3, { fromMs: 200, toMs: 1_200 }), 1_000);
});
