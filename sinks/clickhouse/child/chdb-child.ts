/**
 * The process that runs the embedded ClickHouse engine: `node chdb-child.js FOLDER`, forked by child-client.ts. Loading the engine takes about
 * a second of one thread and 250 MB, and a crash of it would end its process: reasons enough to keep it out of the one that serves people.
 * Calls run one after the other, because statements of the embedded engine share their settings.
 */
import { setPriority } from 'node:os';
import type { ClickHouseClientConfigOptions } from '@clickhouse/client';
import { hasCode, StepwrightError } from '../../../topology/base/errors.ts';
import type { AnalyticsClient, AnalyticsRecord } from '../analytics-client.ts';
import { createClickHouseClient } from '../clickhouse-client.ts';
import type { ChildAnswer, ChildRequest } from './child-protocol.ts';

/** The part of the optional package that is used; a name that is not a literal, so that the build does not need the package. */
interface ChdbModule {
  createChdbConnection(options: { readonly path: string }): NonNullable<ClickHouseClientConfigOptions['connection']>;
}
const chdbModule: string = 'chdb/connection';

const engineNiceness = 10;
const endWithinMs = 10_000;
let client: Promise<AnalyticsClient> | undefined;
let last: Promise<void> = Promise.resolve();

// Both reach the whole process group; the parent decides when the engine ends.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => {
  // The parent is gone, perhaps by SIGKILL: an engine that does not end by itself must not keep the folder's lock.
  setTimeout(() => process.exit(1), endWithinMs).unref();
  void close().finally(() => process.exit(0));
});
process.on('message', (request: ChildRequest) => {
  last = last.then(async () => answer(await run(request)));
});
lowerPriority();

async function run(request: ChildRequest): Promise<ChildAnswer> {
  const { id } = request;
  try {
    return { id, rows: await call(request) };
  } catch (error) {
    const known =
      error instanceof StepwrightError ? error : new StepwrightError('ANALYTICS_FAILED', 'The analytics engine failed.', { cause: error });
    return { id, error: { code: known.code, disposition: known.disposition, message: known.message } };
  }
}

async function call(request: ChildRequest): Promise<readonly AnalyticsRecord[]> {
  if (request.call === 'close') {
    await close();
    return [];
  }
  const engine = await (client ??= openEngine(process.argv[2] ?? ''));
  if (request.call === 'query') return engine.query(request.sql, request.parameters);
  if (request.call === 'insert') await engine.insert(request.table, request.rows, request.token);
  else await engine.command(request.sql, request.parameters);
  return [];
}

async function openEngine(folder: string): Promise<AnalyticsClient> {
  try {
    const { createChdbConnection }: ChdbModule = await import(chdbModule);
    return createClickHouseClient({ connection: createChdbConnection({ path: folder }) });
  } catch (cause) {
    client = undefined;
    const isLocked = cause instanceof Error && /lock|status file/i.test(cause.message);
    const message = isLocked
      ? 'Another process uses the analytics folder. Stop it, or choose another data folder.'
      : 'The analytics engine (npm package chdb) does not load on this machine: analytics is off.';
    throw new StepwrightError(isLocked ? 'ANALYTICS_FAILED' : 'ANALYTICS_OFF', message, { cause });
  }
}

async function close(): Promise<void> {
  const open = client;
  client = undefined;
  await open
    ?.then((engine) => engine.close())
    .catch((error: unknown) => {
      if (!hasCode(error, 'ANALYTICS_OFF')) throw error;
    });
}

function answer(message: ChildAnswer): void {
  if (process.connected) process.send?.(message);
}

function lowerPriority(): void {
  try {
    setPriority(engineNiceness);
  } catch {
    // Not allowed everywhere; the engine then competes as an equal.
  }
}
