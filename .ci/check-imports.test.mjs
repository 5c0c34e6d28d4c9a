import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { mayImport } from './may-import.mjs';

function check(files) {
  const root = mkdtempSync(join(tmpdir(), 'imports-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const result = spawnSync(process.execPath, ['.ci/check-imports.mjs', root], { encoding: 'utf8' });
  rmSync(root, { recursive: true });
  return result;
}

test('a processor that imports a sink, a disk or a vendor package is refused, each by name', () => {
  const result = check({
    'processors/redact/a.ts':
      "import { x } from '../../sinks/s3/a.ts';\nimport fs from 'node:fs';\nimport sharp from 'sharp';\nexport { y } from '../title/b.ts';",
  });
  assert.equal(result.status, 1);
  for (const name of ['sinks/s3/a.ts', 'node:fs', 'sharp belongs to', 'processors/title/b.ts'])
    assert.ok(result.stderr.includes(name), name);
});

test('a check that looked at no import fails', () => {
  assert.equal(check({ 'processors/redact/a.ts': 'export const a = 1;' }).status, 1);
});

test('an allowed import passes', () => {
  assert.equal(check({ 'state/a.ts': "import type { Serde } from '../schemas/serde.ts';" }).status, 0);
});

test('ARCHITECTURE.md prints the table that is enforced', () => {
  const page = readFileSync('ARCHITECTURE.md', 'utf8');
  for (const [folder, allowed] of Object.entries(mayImport)) {
    const row = `| \`${folder}\` | ${allowed.map((entry) => `\`${entry}\``).join(', ') || '–'} |`;
    assert.ok(page.includes(row), `ARCHITECTURE.md lacks the row: ${row}`);
  }
});
