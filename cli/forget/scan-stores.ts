import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Backend } from '../../state/backend.ts';
import { createRocksBackendFactory } from '../../state/rocksdb/rocksdb-backend.ts';
import { decodeMeta, metaKey } from '../../state/task/meta.ts';
import { defaultStateBudgets } from '../../state/task-state.ts';
import type { Findings } from './findings.ts';
import { judgeInFlight } from './scan-log.ts';
import { belongsTo, worthOf } from './worth.ts';

const prefixBytes = 2;
const rowsAtATime = 1_024;
const everything = { from: Buffer.alloc(0), to: Buffer.alloc(8, 0xff) };

/** Looks at every row of every task's store, of every application; rows of stores that no topology has any more too. */
export async function scanStores(stateFolder: string, scope: string, findings: Findings): Promise<void> {
  for (const directory of taskFolders(stateFolder)) {
    const backend = await createRocksBackendFactory().open(directory, defaultStateBudgets);
    try {
      scanBackend(backend, directory, scope, findings);
    } finally {
      await backend.close();
    }
  }
}

function taskFolders(stateFolder: string): readonly string[] {
  if (!existsSync(stateFolder)) return [];
  const applications = readdirSync(stateFolder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return applications.flatMap(({ name }) =>
    readdirSync(join(stateFolder, name), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((task) => join(stateFolder, name, task.name)),
  );
}

function scanBackend(backend: Backend, directory: string, scope: string, findings: Findings): void {
  const [meta] = backend.getMany([metaKey]);
  const stores = meta === undefined ? new Map() : decodeMeta(meta, directory).stores;
  const nameOf = new Map([...stores].map(([name, { id }]): [number, string] => [id, name]));
  for (const name of stores.keys()) findings.looked(`store ${name}`);
  const cursor = backend.scan({ ...everything, fillCache: false });
  while (!cursor.isDone) {
    const rows = cursor.next(rowsAtATime);
    for (let at = 0; at + 1 < rows.length; at += 2) {
      const [key, value] = [rows[at], rows[at + 1]];
      if (key === undefined || value === undefined || key.length <= prefixBytes) continue;
      const store = nameOf.get(key.readUInt16BE(0)) ?? 'removed';
      const inner = key.subarray(prefixBytes);
      if (store.endsWith('-in-flight')) judgeInFlight(`store ${store}`, value, scope, findings);
      else if (belongsTo(inner, scope)) findings.add(`store ${store}`, store.endsWith('-timers') ? 'id' : worthOf(value));
    }
  }
  cursor.close();
}
