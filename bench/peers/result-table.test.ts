import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Measured } from './measured.ts';
import { differences, renderTable, rowsOf } from './result-table.ts';

const outcome = { recordCount: 5, keyCount: 2, digest: 'a' };

function run(contestant: Measured['contestant'], round: number, recordsPerCpuSec: number, digest = 'a'): Measured {
  return { contestant, round, values: { recordsPerCpuSec }, outcome: { ...outcome, digest }, notes: [] };
}

test('a row holds median, range and the ratio of the medians', () => {
  const measured = [run('ours', 1, 90), run('peer', 1, 30), run('ours', 2, 60), run('peer', 2, 20), run('ours', 3, 70), run('peer', 3, 35)];
  const rows = rowsOf(measured);
  assert.deepEqual(rows, [
    {
      metric: 'recordsPerCpuSec',
      ours: { median: 70, lowest: 60, highest: 90 },
      peer: { median: 30, lowest: 20, highest: 35 },
      oursToPeer: 2.33,
    },
  ]);
  assert.match(renderTable(rows), /70 \(60 – 90\) \| 30 \(20 – 35\) \| 2\.33/);
});

test('outputs that differ within a round are named, with who and which round', () => {
  assert.deepEqual(differences([run('ours', 1, 1), run('peer', 1, 1)]), []);
  const [found] = differences([run('ours', 1, 1), run('peer', 1, 1), run('ours', 2, 1), run('peer', 2, 1, 'b')]);
  assert.match(found ?? '', /^round 2: peer .*"b".* ours .*"a"/);
});
