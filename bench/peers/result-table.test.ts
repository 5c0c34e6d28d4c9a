import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Measured } from './measured.ts';
import { quartilesOf } from './quartiles.ts';
import { differences, renderTable, rowsOf } from './result-table.ts';

const outcome = { recordCount: 5, keyCount: 2, digest: 'a' };

function run(contestant: Measured['contestant'], round: number, recordsPerCpuSec: number, digest = 'a'): Measured {
  return { contestant, round, values: { recordsPerCpuSec }, outcome: { ...outcome, digest }, notes: [] };
}

test('quartiles of an even count lie between its numbers', () => {
  assert.deepEqual(quartilesOf([4, 1, 3, 2]), { median: 2.5, firstQuartile: 1.75, thirdQuartile: 3.25, lowest: 1, highest: 4 });
  assert.throws(() => quartilesOf([]), /no numbers/);
});

test('a ratio is taken within each round: a slow round of both does not change it', () => {
  const measured = [run('ours', 1, 90), run('peer', 1, 30), run('ours', 2, 30), run('peer', 2, 10), run('ours', 3, 80), run('peer', 3, 40)];
  const [row] = rowsOf(measured);
  assert.equal(row?.values.ours?.median, 80);
  assert.equal(row?.values.peer?.median, 30);
  assert.equal(row?.ratios.peer?.median, 3);
  assert.deepEqual([row?.ratios.peer?.firstQuartile, row?.ratios.ours], [2.5, undefined]);
});

test('the table has a column for each contestant that was there', () => {
  const table = renderTable(rowsOf([run('ours', 1, 950), run('looser', 1, 1_000), run('ours', 2, 950), run('looser', 2, 1_000)]));
  assert.match(table, /^\| {2}\| ours \| ours, at least once \| ours to it \|\n/);
  assert.match(table, /\| recordsPerCpuSec \| 950 \| 1,000 \| 0\.95 \|$/);
});

test('outputs that differ within a round are named, with who and which round', () => {
  assert.deepEqual(differences([run('ours', 1, 1), run('peer', 1, 1)]), []);
  const [found] = differences([run('ours', 1, 1), run('peer', 1, 1), run('ours', 2, 1), run('peer', 2, 1, 'b')]);
  assert.match(found ?? '', /^round 2: peer .*"b".* ours .*"a"/);
});
