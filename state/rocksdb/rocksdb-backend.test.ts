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
