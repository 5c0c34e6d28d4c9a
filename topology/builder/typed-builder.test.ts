import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const repository = join(import.meta.dirname, '../../..');
const fixture = join(repository, 'topology/builder/testdata/wrong-types.txt');

test('a processor is checked against its declared stores, its input and its output at compile time', (t) => {
  const source = readFileSync(fixture, 'utf8').replaceAll('REPOSITORY', repository);
  const folder = mkdtempSync(join(tmpdir(), 'stepwright-types-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'wrong-types.ts'), source);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(repository, 'tsconfig.json'),
      compilerOptions: {
        noEmit: true,
        rewriteRelativeImportExtensions: false,
        incremental: false,
        rootDir: '/',
        typeRoots: [join(repository, 'node_modules/@types')],
      },
      files: ['wrong-types.ts'],
      include: [],
    }),
  );
  const compiled = spawnSync(process.execPath, [join(repository, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false'], {
    encoding: 'utf8',
  });
  const refused = [...compiled.stdout.matchAll(/^(.+?)\((\d+),\d+\): error/gm)].map(([, file, line]) => [
    file?.endsWith('wrong-types.ts'),
    Number(line),
  ]);
  const wrong = source.split('\n').flatMap((line, index) => (line.endsWith('// wrong') ? [index + 1] : []));
  assert.deepEqual([...new Set(refused.map(([, line]) => line))], wrong, compiled.stdout + compiled.stderr);
  assert.ok(
    refused.every(([isFixture]) => isFixture),
    compiled.stdout,
  );
});
