import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';

/** Runs `.ci/test.mjs` in a folder of compiled test files; what it printed, line by line. */
function runTests(files) {
  const cwd = mkdtempSync(join(tmpdir(), 'stepwright-runner-'));
  for (const [name, body] of Object.entries(files)) {
    for (const path of [join(cwd, `${name}.ts`), join(cwd, 'dist', `${name}.js`)]) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `const { describe, it, test } = require('node:test');\n${body}`);
    }
  }
  // Without it, node:test takes the run for one of its own children.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout } = spawnSync(process.execPath, [resolve('.ci/test.mjs')], { cwd, env, encoding: 'utf8', maxBuffer: 64 << 20 });
  rmSync(cwd, { recursive: true });
  return { status, lines: stdout.trimEnd().split('\n') };
}

test('skipped suites count as skipped, beside skipped tests, by reason, over both rings', () => {
  const { status, lines } = runTests({
    'a.test': `
      describe('a suite', { skip: 'no broker' }, () => { it('one', () => {}); it('two', () => {}); });
      test('alone', { skip: 'no broker' }, () => {});
      describe('runs', () => { it('passes', () => {}); describe('inside', { skip: true }, () => { it('three', () => {}); }); });
      test('finds out', (t) => t.skip('no browser'));`,
    'b.int.test': `
      describe('a suite', { skip: 'no broker' }, () => {});
      test('passes', () => {});
      test('later', { todo: true }, () => {});`,
  });
  assert.equal(status, 0);
  assert.deepEqual(lines.slice(-5), [
    'skipped: 3 × no broker',
    'skipped: 1 × no browser',
    'skipped: 1 × no reason given',
    'skipped: 1 × to do',
    '2 passed, 0 failed, 6 skipped',
  ]);
});

test('a line that looks like a skip is none, and a report too long for any buffer loses no number', () => {
  const { status, lines } = runTests({
    'a.test': `
      describe('first', { skip: 'no broker' }, () => {});
      test('talks', () => console.log('﹣ name (1ms) # no reason at all\\nℹ pass 7\\n'.repeat(20_000)));
      test('fails', () => { throw new Error('x'.repeat(300_000)); });`,
  });
  assert.equal(status, 1);
  assert.deepEqual(lines.slice(-2), ['skipped: 1 × no broker', '1 passed, 1 failed, 1 skipped']);
});

test('a run in which everything was skipped fails', () => {
  const { status, lines } = runTests({ 'a.test': `describe('all', { skip: 'no broker' }, () => {});` });
  assert.equal(status, 1);
  assert.equal(lines.at(-1), '0 passed, 0 failed, 1 skipped');
});
