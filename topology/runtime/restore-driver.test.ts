import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoredPosition } from '../../state/task-state.ts';
import type { ChangelogRange } from './changelog-ranges.ts';
import { wipeReasonOf } from './restore-driver.ts';

const hourMs = 3_600_000;
const changelog: ChangelogRange = {
  store: 'counts',
  topic: 'app-counts-changelog',
  partition: 0,
  topicId: 'id-1',
  startOffset: 100n,
  endOffset: 200n,
  tombstoneRetentionMs: 24 * hourMs,
};

function reason(nextOffset: bigint, { topicId = 'id-1', ageMs = 0 } = {}) {
  const stored: StoredPosition = {
    changelogs: new Map([['counts', { nextOffset, topicId }]]),
    metadata: '',
    flushedAtMs: 0,
    streamTimeMs: 0,
  };
  return wipeReasonOf(stored, { changelogs: [changelog], nowMs: ageMs, tombstoneMarginMs: hourMs });
}

test('K5 a position inside the changelog is no reason to wipe, at its edges neither', () => {
  assert.deepEqual([reason(100n), reason(150n), reason(200n)], [undefined, undefined, undefined]);
});

test('K5 a position outside [log start, log end] is a reason', () => {
  assert.deepEqual([reason(99n), reason(201n)], ['position-out-of-range', 'position-out-of-range']);
});

test('K5 a changelog that was created again is a reason', () => {
  assert.equal(reason(150n, { topicId: 'id-2' }), 'topic-recreated');
});

test('K5 a last flush older than the tombstone retention less a margin is a reason, unless nothing came since', () => {
  assert.equal(reason(150n, { ageMs: 23 * hourMs }), undefined);
  assert.equal(reason(150n, { ageMs: 23 * hourMs + 1 }), 'tombstones-expired');
  assert.equal(reason(200n, { ageMs: 1_000 * hourMs }), undefined);
});

test('K5 a store without a position is restored from the start, which is no wipe', () => {
  const empty: StoredPosition = { changelogs: new Map(), metadata: '', flushedAtMs: undefined, streamTimeMs: -1 };
  assert.equal(wipeReasonOf(empty, { changelogs: [changelog], nowMs: 0, tombstoneMarginMs: hourMs }), undefined);
});
