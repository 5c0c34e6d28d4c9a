import { CqlSession } from './cql-session.ts';
import { forgottenEdition, type ScyllaConnection } from './scylla-options.ts';
import { reads, type ListTable } from './statements.ts';

/** A row as it lies on the nodes. */
export interface StoredRow {
  readonly table: 'session_rows' | ListTable;
  /** Says that the session was forgotten, and nothing else. */
  readonly isMark: boolean;
  /** Sealed, when it was written as it must be. */
  readonly body: Buffer | undefined;
}

const listTables: readonly ListTable[] = ['session_list', 'guide_list'];

/**
 * Every row of a session in all tables and editions, past seals and past what the views would look at: all partitions of the tenant's lists are read, not only
 * those where the session should stand. @throws {VIEW_UNAVAILABLE | VIEW_ACCESS_DENIED}
 */
export async function storedRowsOf(
  connection: ScyllaConnection,
  [tenantId, sessionId]: readonly [tenantId: string, sessionId: string],
): Promise<readonly StoredRow[]> {
  const session = await CqlSession.connect(connection);
  try {
    const rows: StoredRow[] = (await session.select(reads.stored, [tenantId, sessionId])).map((row) => ({
      table: 'session_rows',
      isMark: row['edition'] === forgottenEdition,
      body: bytesOf(row['body']),
    }));
    for (const table of listTables) {
      for (const body of await listedBodies(session, table, [tenantId, sessionId])) rows.push({ table, isMark: false, body });
    }
    return rows;
  } finally {
    await session.close();
  }
}

async function listedBodies(
  session: CqlSession,
  table: ListTable,
  [tenantId, sessionId]: readonly [tenantId: string, sessionId: string],
): Promise<readonly (Buffer | undefined)[]> {
  const partitions = await session.select(reads.listPartitions(table), []);
  const bodies: (Buffer | undefined)[] = [];
  for (const { tenant_id: tenant, edition, month } of partitions) {
    if (tenant !== tenantId) continue;
    const rows = await session.select(reads.listPartition(table), [tenantId, String(edition), Number(month)]);
    for (const row of rows) if (row['session_id'] === sessionId) bodies.push(bytesOf(row['body']));
  }
  return bodies;
}

function bytesOf(value: unknown): Buffer | undefined {
  return Buffer.isBuffer(value) ? value : undefined;
}
