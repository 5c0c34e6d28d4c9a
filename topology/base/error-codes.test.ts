import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { errorCodes } from './error-codes.ts';

const text = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
const rows = text.split('\n').flatMap((line) => {
  const [, code, meaning, advice] = /^\| `([A-Z_]+)` \| (.*) \| (.*) \|$/.exec(line) ?? [];
  return code === undefined ? [] : [{ code, meaning: meaning ?? '', advice: advice ?? '' }];
});

test('docs/errors.md explains every code once, and no other (append a line for a new code)', () => {
  assert.deepEqual(rows.map((row) => row.code).toSorted(), [...errorCodes].toSorted());
});

test('every code says what happened and what to do', () => {
  for (const { code, meaning, advice } of rows) assert.ok(meaning.length > 15 && advice.length > 5, code);
});
