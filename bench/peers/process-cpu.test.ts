import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCpuSeconds } from './process-cpu.ts';

test('user and system time are found behind a command name with spaces and parentheses', () => {
  const stat = '4711 (node (main) x) S 1 4711 4711 0 -1 4194304 100 0 0 0 1234 66 0 0 20 0 12 0 5000 0 0';
  assert.equal(parseCpuSeconds(stat), 13);
});
