import { join } from 'node:path';
import { createFileKeyring } from '../../processors/adapters/file-keyring/file-keyring.ts';
import { openFolderObjectStore } from '../../sinks/s3/folder/folder-object-store.ts';
import type { Clock } from '../../topology/base/clock.ts';
import type { Logger } from '../../topology/base/logger.ts';
import { openEmbeddedLog } from '../../topology/log/embedded/embedded-log.ts';
import type { Findings } from './findings.ts';
import { scanLog } from './scan-log.ts';
import { scanObjects } from './scan-objects.ts';
import { scanStores } from './scan-stores.ts';
import { scanViews } from './scan-views.ts';

export interface ProofOptions {
  readonly dataFolder: string;
  readonly tenantId: string;
  readonly sessionId: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Looks through a data folder that nobody has open, part by part and below every layer that hides: what is not sealed counts as readable, whoever is allowed
 * to see it. Adds what it finds to `findings`. @throws {LOG_LOCKED} when a process has the folder.
 */
export async function proveForgotten(options: ProofOptions, findings: Findings): Promise<void> {
  const { dataFolder, tenantId, sessionId, clock, logger } = options;
  const scope = `${tenantId}/${sessionId}`;
  const log = await openEmbeddedLog({ directory: join(dataFolder, 'log'), clock, logger });
  try {
    const keyring = createFileKeyring({ directory: join(dataFolder, 'keys'), clock });
    findings.add('keys', keyring.peek(scope) === 'gone' ? 'id' : 'readable');
    await scanLog(log, scope, findings);
    await scanStores(join(dataFolder, 'state'), scope, findings);
    await scanViews(join(dataFolder, 'views'), [tenantId, sessionId], findings);
    await scanObjects(await openFolderObjectStore({ folder: join(dataFolder, 'objects'), clock, logger }), [tenantId, sessionId], findings);
  } finally {
    await log.close();
  }
}
