import assert from 'node:assert/strict';
import { test } from 'node:test';
import { daysBetween, newestFirst } from './analytics-charts.ts';

test('every day has its place, over the end of a month and of winter time', () => {
  assert.deepEqual(daysBetween('2024-02-28', '2024-03-01'), ['2024-02-28', '2024-02-29', '2024-03-01']);
  assert.deepEqual(daysBetween('2025-05-06', '2025-05-06'), ['2025-05-06']);
  const march = daysBetween('2025-03-01', '2025-03-31');
  assert.deepEqual([march.length, new Set(march).size, march.at(-1)], [31, 31, '2025-03-31']);
});

test('what cannot be drawn has no days: too many, the wrong way round, none', () => {
  assert.deepEqual(daysBetween('1970-01-01', '2099-12-31'), []);
  assert.deepEqual(daysBetween('2025-05-07', '2025-05-05'), []);
  assert.deepEqual(daysBetween('', '2025-05-05'), []);
});

test('the newest day stands first, and in a day what the report puts first', () => {
  const letters = (day: string, count: number) => ({ day, letters: count });
  const rows = [letters('2025-05-05', 9), letters('2025-05-05', 2), letters('2025-05-06', 7), letters('2025-05-06', 1)];
  assert.deepEqual(
    newestFirst(rows).map((row) => row['letters']),
    [7, 1, 9, 2],
  );
  const kinds = [{ kind: 'b' }, { kind: 'a' }, { kind: 'c' }];
  assert.deepEqual(newestFirst(kinds), kinds);
});
