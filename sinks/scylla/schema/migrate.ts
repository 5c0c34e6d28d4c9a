import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../topology/base/clock.ts';
import { StepwrightError } from '../../../topology/base/errors.ts';
import type { CqlSession } from '../cql-session.ts';
import { isTableUnknown } from '../scylla-errors.ts';
import { schemaVersions, type SchemaVersion } from './versions.ts';

export interface MigrationOptions {
  readonly session: CqlSession;
  readonly keyspace: string;
  readonly clock: Clock;
  /** For tests: what this code knows. */
  readonly versions?: readonly SchemaVersion[];
}

const component = 'views';
/** A process that dies while it migrates holds up the others for so long. */
const lockSeconds = 60;
const lookEveryMs = 250;
const spreadWithinMs = 30_000;
const waitWithinMs = 180_000;

const ownTables = [
  'CREATE TABLE IF NOT EXISTS schema_versions (component text, version int, about text, applied_at timestamp, PRIMARY KEY ((component), version))',
  'CREATE TABLE IF NOT EXISTS schema_lock (component text PRIMARY KEY, owner text)',
] as const;

/**
 * Brings the tables of the keyspace to the version of this code; answers the versions that this call applied. Safe to call again, and from several processes:
 * - a row that only one can insert (LWT) lets one process at a time change the schema, and leaves with a dead one;
 * - every statement may run twice, so a migration that was cut off is done again from its beginning;
 * - a version counts as applied once its row in `schema_versions` stands, which is after all nodes agree on its tables.
 * @throws {VIEW_SCHEMA_NEWER} when the keyspace has a version that this code does not know; {VIEW_UNAVAILABLE} when another process holds the lock for minutes.
 */
export function migrateViews(options: MigrationOptions): Promise<readonly number[]> {
  return onceSpread(options.clock, () => migrateOnce(options));
}

/** Does the work again while a keyspace or table that another process is making is named and cannot be asked yet. */
export async function onceSpread<Result>(clock: Clock, work: () => Promise<Result>): Promise<Result> {
  for (const startedAtMs = clock.monotonicMs(); ;) {
    try {
      return await work();
    } catch (error) {
      if (!isTableUnknown(error) || clock.monotonicMs() - startedAtMs > spreadWithinMs) throw error;
      await sleep(clock, lookEveryMs);
    }
  }
}

async function migrateOnce(options: MigrationOptions): Promise<readonly number[]> {
  const { session, clock, versions = schemaVersions } = options;
  const known = Math.max(0, ...versions.map(({ version }) => version));
  const missing = async (): Promise<readonly SchemaVersion[]> => {
    const applied = await appliedVersions(options);
    const newest = Math.max(0, ...applied);
    if (newest > known) throw newerSchema(options.keyspace, newest, known);
    return versions.filter(({ version }) => !applied.has(version));
  };
  if ((await missing()).length === 0) return [];
  await createOwnTables(options);
  const owner = randomUUID();
  for (const startedAtMs = clock.monotonicMs(); ;) {
    if (await takeLock(session, owner)) break;
    await sleep(clock, lookEveryMs);
    if ((await missing()).length === 0) return [];
    if (clock.monotonicMs() - startedAtMs > waitWithinMs) throw lockHeld(options.keyspace);
  }
  try {
    const todo = await missing();
    for (const version of todo) await applyVersion(session, version, clock.nowMs());
    return todo.map(({ version }) => version);
  } finally {
    // With the connection gone the lock goes by its time.
    await session
      .writeIf({ query: 'DELETE FROM schema_lock WHERE component = ? IF owner = ?', params: [component, owner] })
      .catch(() => false);
  }
}

async function applyVersion(session: CqlSession, { version, about, statements }: SchemaVersion, nowMs: number): Promise<void> {
  for (const statement of statements) await session.changeSchema(statement);
  const query = 'INSERT INTO schema_versions (component, version, about, applied_at) VALUES (?, ?, ?, ?)';
  await session.write({ query, params: [component, version, about, nowMs] });
}

function takeLock(session: CqlSession, owner: string): Promise<boolean> {
  const query = `INSERT INTO schema_lock (component, owner) VALUES (?, ?) IF NOT EXISTS USING TTL ${lockSeconds}`;
  return session.writeIf({ query, params: [component, owner] });
}

async function appliedVersions(options: MigrationOptions): Promise<ReadonlySet<number>> {
  if (!(await hasTable(options, 'schema_versions'))) return new Set();
  const rows = await options.session.select('SELECT version FROM schema_versions WHERE component = ?', [component]);
  return new Set(rows.map((row) => Number(row['version'])));
}

/** Looked for first: two processes that create a table at once are what the lock is for, and the lock is a table. */
async function createOwnTables(options: MigrationOptions): Promise<void> {
  for (const statement of ownTables) {
    const [, name = ''] = /EXISTS (\w+)/.exec(statement) ?? [];
    if (!(await hasTable(options, name))) await options.session.changeSchema(statement);
  }
}

async function hasTable({ session, keyspace }: MigrationOptions, name: string): Promise<boolean> {
  const query = 'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?';
  return (await session.select(query, [keyspace, name])).length > 0;
}

function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(delayMs, resolve);
  });
}

function newerSchema(keyspace: string, found: number, known: number): StepwrightError {
  const message = `The keyspace ${keyspace} has views of version ${found}; this program knows ${known}. Run the newer program, or name another keyspace: the views are rebuilt from the topics.`;
  return new StepwrightError('VIEW_SCHEMA_NEWER', message, { context: { keyspace, found, known } });
}

function lockHeld(keyspace: string): StepwrightError {
  const message = `Another process has been changing the tables of the keyspace ${keyspace} for ${waitWithinMs / 60_000} minutes.`;
  return new StepwrightError('VIEW_UNAVAILABLE', message, { disposition: 'retry', context: { keyspace } });
}
