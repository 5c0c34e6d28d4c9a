import { StepwrightError } from '../../../topology/base/errors.ts';
import { CqlSession } from '../cql-session.ts';
import type { ScyllaViewsOptions } from '../scylla-options.ts';

/**
 * Looks for the keyspace, and makes it when a replication factor is given: how many copies there are is the operator's to say.
 * @throws {VIEW_KEYSPACE_MISSING | VIEW_UNAVAILABLE | VIEW_ACCESS_DENIED | CONFIG_INVALID}
 */
export async function ensureKeyspace(options: ScyllaViewsOptions): Promise<void> {
  const { keyspace, localDataCenter, replicationFactor } = options;
  const session = await CqlSession.connect({ ...options, keyspace: undefined });
  try {
    const query = 'SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?';
    if ((await session.select(query, [keyspace])).length > 0) return;
    if (replicationFactor === undefined) throw missingKeyspace(keyspace, localDataCenter);
    await session.changeSchema(createKeyspace(keyspace, localDataCenter, replicationFactor));
  } finally {
    await session.close();
  }
}

function createKeyspace(keyspace: string, dataCenter: string, factor: number | string): string {
  const name = dataCenter.replaceAll("'", "''");
  return `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = {'class': 'NetworkTopologyStrategy', '${name}': ${factor}}`;
}

function missingKeyspace(keyspace: string, dataCenter: string): StepwrightError {
  const message = `There is no keyspace ${keyspace}. Create it – ${createKeyspace(keyspace, dataCenter, '<copies>')} – or give --scylla-replication-factor.`;
  return new StepwrightError('VIEW_KEYSPACE_MISSING', message, { context: { keyspace } });
}
