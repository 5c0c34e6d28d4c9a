import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Measured } from './measured.ts';
import { roundCountOf, wholeRounds } from './rounds.ts';

const run = (contestant: Measured['contestant'], round: number): Measured => ({
  contestant,
  round,
  values: {},
  outcome: undefined,
  notes: [],
});

test('a round that was cut off is run again, and the rounds behind it move up', () => {
  const runs = [run('ours', 1), run('peer', 1), run('ours', 2), run('ours', 3), run('peer', 3)];
  const kept = wholeRounds(runs, ['ours', 'peer']);
  assert.deepEqual(kept, [run('ours', 1), run('peer', 1), run('ours', 2), run('peer', 2)]);
  assert.equal(roundCountOf(kept), 2);
});

test('nothing done yet is no round', () => {
  assert.equal(roundCountOf(wholeRounds([run('ours', 1)], ['ours', 'peer'])), 0);
});
