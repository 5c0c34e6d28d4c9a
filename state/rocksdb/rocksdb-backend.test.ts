import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { stateContract } from '../state-contract.ts';
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
