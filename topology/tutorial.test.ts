import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const repository = join(import.meta.dirname, '../..');

function blocks(language: string): readonly string[] {
  const text = readFileSync(join(repository, 'docs/tutorial-topology.md'), 'utf8');
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, found, code]) => (found === language ? [code ?? ''] : []));
}

/** A user's project: its own folder, with the package where npm would put it. */
function createProject(code: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'stepwright-tutorial-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(repository, join(folder, 'node_modules/stepwright'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(join(folder, 'tutorial.ts'), code);
  const compilerOptions = {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [join(repository, 'node_modules/@types')],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['tutorial.ts'] }));
  return folder;
}

function run(program: string, args: readonly string[], cwd: string): string {
  const result = spawnSync(process.execPath, [program, ...args], { cwd, encoding: 'utf8' });
  assert.equal(result.status, 0, result.stdout + result.stderr);
  return result.stdout;
}

test("the tutorial's code compiles against the public edge and prints what the page says", (t) => {
  const [program = '', testing = '', asking = ''] = blocks('ts');
  const [expected] = blocks('text');
  // The other blocks go on where the first ends: they use its topology and stores.
  const folder = createProject(`${program}\n${testing}\n${asking}`);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  run(join(repository, 'node_modules/typescript/bin/tsc'), ['-p', '.'], folder);
  const printed = run('tutorial.js', [join(folder, 'data')], folder);
  assert.equal(printed, `${expected}[ 'visit 1' ]\n1n\n3n localhost:8080\n`);
  const again = run('tutorial.js', [join(folder, 'data')], folder);
  assert.match(again, /0 s: visit 4\n10 s: visit 5\n70 s: quiet\n100 s: visit 6\n/);
});
