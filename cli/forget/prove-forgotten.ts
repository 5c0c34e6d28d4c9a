import { openEmbeddedLog } from '../../topology/log/embedded/embedded-log.ts';
import type { Log } from '../../topology/log/log.ts';
import { openKeyring, openLog, openObjects, type AdapterChoice, type AdapterEnvironment } from '../platform/adapters.ts';
import { changelogTopics } from '../platform/changelog-topics.ts';
import { ingestStateTopic, topicSpecs } from '../platform/topics.ts';
import type { Findings } from './findings.ts';
import { scanLake } from './scan-lake.ts';
import { scanLog } from './scan-log.ts';
import { scanObjects } from './scan-objects.ts';
import { scanStoredRows } from './scan-stored-rows.ts';
import { scanStores } from './scan-stores.ts';
import { scanViews } from './scan-views.ts';

export interface ProofOptions extends AdapterEnvironment {
  readonly adapters: AdapterChoice;
  readonly tenantId: string;
  readonly sessionId: string;
}

/**
 * Looks through all storage of a deployment, part by part and below every layer that hides: what is not sealed counts as readable, whoever is allowed to see
 * it. Stores of processors are searched when nobody has them open, which only a folder's own lock can tell; what they hold elsewhere stands in their changelogs too.
 * Adds what it finds to `findings`. @throws {LOG_LOCKED} when a process has the folder.
 */
export async function proveForgotten(options: ProofOptions, findings: Findings): Promise<void> {
  const { adapters, folders, tenantId, sessionId } = options;
  const scope = `${tenantId}/${sessionId}`;
  const { log, topics } = await openLogToSearch(options);
  try {
    findings.add('keys', openKeyring(options).peek(scope) === 'gone' ? 'id' : 'readable');
    await scanLog(log, topics, scope, findings);
    if (adapters.log === 'embedded') await scanStores(folders.state, scope, findings);
    if (adapters.scylla === undefined) await scanViews(folders.views, [tenantId, sessionId], findings);
    else await scanStoredRows(adapters.scylla, [tenantId, sessionId], findings);
    const { store, close } = await openObjects(adapters, options);
    try {
      await scanObjects(store, [tenantId, sessionId], findings);
      await scanLake(store, [tenantId, sessionId], findings);
    } finally {
      await close();
    }
  } finally {
    await log.close();
  }
}

/** The embedded log knows all its topics; on Kafka there are others' too, so those that the platform makes are looked at. */
async function openLogToSearch({
  adapters,
  ...environment
}: ProofOptions): Promise<{ readonly log: Log; readonly topics: readonly string[] }> {
  if (adapters.log === 'embedded') {
    const log = await openEmbeddedLog({ ...environment, directory: environment.folders.log });
    return { log, topics: log.topicNames() };
  }
  const own = topicSpecs(1).map(({ name }) => name);
  return { log: await openLog(adapters, environment), topics: [...own, ingestStateTopic, ...(await changelogTopics())] };
}
