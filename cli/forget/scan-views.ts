import { existsSync } from 'node:fs';
import { openOrderedRows } from '../../sinks/scylla/embedded/ordered-rows.ts';
import { forgottenKey, openedKey, scopeOfRow } from '../../sinks/scylla/embedded/view-keys.ts';
import type { Findings } from './findings.ts';
import { isSealed } from './worth.ts';

const smallBytes = 8 << 20;
const rowsAtATime = 1_024;

/** Looks at every row of the views as they are on the disk, not through the seal. */
export async function scanViews(folder: string, ids: readonly [tenantId: string, sessionId: string], findings: Findings): Promise<void> {
  if (!existsSync(folder)) return;
  findings.looked('views');
  const plainKeys = [forgottenKey(...ids), openedKey(...ids)];
  const scope = ids.join('/');
  const rows = await openOrderedRows({ folder, cacheBytes: smallBytes, memtableBytes: smallBytes });
  try {
    let after: Buffer | undefined;
    for (;;) {
      const found = await rows.scan({ prefix: Buffer.alloc(0), limitCount: rowsAtATime, ...(after === undefined ? {} : { after }) });
      for (const [key, value] of found) {
        if (plainKeys.some((plain) => plain.equals(key))) findings.add('views', 'id');
        else if (scopeOfRow(key) === scope) findings.add('views', value !== undefined && isSealed(value) ? 'unreadable' : 'readable');
      }
      after = found.at(-1)?.[0];
      if (found.length < rowsAtATime) return;
    }
  } finally {
    await rows.close();
  }
}
