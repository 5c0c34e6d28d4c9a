import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { hasCode } from '../../topology/base/errors.ts';
import { stateContract } from '../state-contract.ts';
import { defaultStateBudgets } from '../task-state.ts';
import { createRocksBackendFactory } from './rocksdb-backend.ts';

const root = mkdtempSync(join(tmpdir(), 'stepwright-state-'));
after(() => rmSync(root, { recursive: true, force: true }));

let count = 0;
stateContract({
  name: 'rocksdb',
  createFactory: createRocksBackendFactory,
  createDirectory: () => join(root, String(count++)),
  propertyRunCount: 25,
});

test('its size on disk counts the tables that it wrote, and is nothing once it is closed', async () => {
  const backend = await createRocksBackendFactory().open(join(root, 'measured'), { blockCacheBytes: 1 << 20, memtableBytes: 1 << 20 });
  assert.equal(backend.diskBytes(), 0);
  const value = Buffer.alloc(100_000, 1);
  for (let index = 0; index < 40; index += 1) {
    const batch = backend.batch();
    batch.put(Buffer.from(String(index)), value.fill(index));
    batch.write();
    batch.close();
  }
  await backend.deleteRange(Buffer.from('x'), Buffer.from('y'));
  assert.ok(backend.diskBytes() > 0);
  await backend.close();
  assert.equal(backend.diskBytes(), 0);
});

test('a directory that somebody removed under an open store is a failure of the machine, and no reason to wipe (K5)', async () => {
  const directory = join(root, 'removed');
  const backend = await createRocksBackendFactory().open(directory, defaultStateBudgets);
  const batch = backend.batch();
  batch.put(Buffer.from('a'), Buffer.from('1'));
  rmSync(directory, { recursive: true });
  assert.throws(
    () => batch.write(),
    (error) => hasCode(error, 'STATE_IO_FAILED') && error.disposition === 'fatal',
  );
  batch.close();
  await backend.close();
});
