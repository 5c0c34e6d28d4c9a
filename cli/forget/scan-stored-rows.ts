import { storedRowsOf } from '../../sinks/scylla/stored-rows.ts';
import type { ScyllaConnection } from '../../sinks/scylla/scylla-options.ts';
import type { Findings } from './findings.ts';
import { isSealed } from './worth.ts';

/** Looks at the session's rows as they lie on the nodes, not through the seal. */
export async function scanStoredRows(
  connection: ScyllaConnection,
  ids: readonly [tenantId: string, sessionId: string],
  findings: Findings,
): Promise<void> {
  findings.looked('views');
  for (const { isMark, body } of await storedRowsOf(connection, ids)) {
    if (isMark || body === undefined) findings.add('views', 'id');
    else findings.add('views', isSealed(body) ? 'unreadable' : 'readable');
  }
}
