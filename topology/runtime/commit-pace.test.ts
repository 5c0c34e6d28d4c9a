import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pauseAfterCommitMs } from './commit-pace.ts';

test('commits begin an interval apart while they take less than half of it', () => {
  assert.equal(pauseAfterCommitMs(0, 100), 100);
  assert.equal(pauseAfterCommitMs(10, 100), 90);
  assert.equal(pauseAfterCommitMs(50, 100), 50);
});

test('a slow commit is followed by as much time for work, and by no more than an interval', () => {
  assert.equal(pauseAfterCommitMs(70, 100), 70);
  assert.equal(pauseAfterCommitMs(150, 100), 100);
  assert.equal(pauseAfterCommitMs(10_000, 100), 100);
});

test('without an interval nothing is waited for', () => {
  assert.equal(pauseAfterCommitMs(150, 0), 0);
});
