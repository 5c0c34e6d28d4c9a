import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasCode } from '../../topology/base/errors.ts';
import { createFileRegistry } from './file-registry.ts';
import { createMemoryRegistry } from './memory-registry.ts';
import { testRegistryContract } from './registry-contract.ts';

testRegistryContract('memory registry', () => {
  const registry = createMemoryRegistry();
  return { registry, reopen: () => registry, dispose: () => {} };
});

testRegistryContract('file registry', () => {
  const directory = mkdtempSync(join(tmpdir(), 'registry-'));
  const open = (): ReturnType<typeof createFileRegistry> => createFileRegistry(directory);
  return { registry: open(), reopen: open, dispose: () => rmSync(directory, { recursive: true }) };
});

const thing = (field: string): string =>
  `{"type":"record","name":"Thing","fields":[{"name":"${field}","type":["null","int"],"default":null}]}`;

test('two registries on one folder that register in turns never give one id to two schemas', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'registry-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const left = createFileRegistry(directory);
  const right = createFileRegistry(directory);
  const ids: number[] = [];
  for (let turn = 0; turn < 10; turn += 1) {
    ids.push(await (turn % 2 === 0 ? left : right).register('things-value', thing(`field${turn}`)));
  }
  assert.deepEqual(ids, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.equal(readdirSync(directory).length, 10, 'no temporary file is left');
});

test('what a crashed process left half written is not taken for a schema; a damaged file is named', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'registry-'));
  context.after(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, '.77aa.tmp'), '{"subj');
  assert.equal(await createFileRegistry(directory).register('things-value', thing('a')), 1);
  writeFileSync(join(directory, '2.json'), '{}');
  assert.throws(
    () => createFileRegistry(directory),
    (error) => hasCode(error, 'SCHEMA_INVALID') && error.message.includes('2.json'),
  );
  writeFileSync(join(directory, '2.json'), '{"subj');
  assert.throws(
    () => createFileRegistry(directory),
    (error) => hasCode(error, 'SCHEMA_INVALID') && error.message.includes('2.json'),
  );
});
