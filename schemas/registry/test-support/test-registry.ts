import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { apicurioConfluentPath, apicurioService } from '../../../services/apicurio/apicurio-service.ts';
import { freePort } from '../../../services/free-port.ts';
import type { RunningService } from '../../../services/service.ts';

const noRegistry = 'no schema registry: set STEPWRIGHT_TEST_REGISTRY=http://host:port/path, or run `npm run services -- up apicurio` once';

/**
 * The registry that test files share: the one at `url`, else the one that `npm run services -- up apicurio` has started, else one for this file alone, else
 * the reason for skipping. Nothing is fetched here.
 */
export async function findTestRegistry(url: string | undefined): Promise<{ readonly url: string } | { readonly skipReason: string }> {
  if (url !== undefined && url !== '') return { url };
  const running = apicurioService.running();
  if (running !== undefined) return { url: `http://${running.address}${apicurioConfluentPath}` };
  return ownRegistrySkip() === false ? { url: (await startOwnRegistry()).url } : { skipReason: noRegistry };
}

/** Why a registry of one's own cannot be started; false when it can. */
export function ownRegistrySkip(): string | false {
  return apicurioService.isInstalled() && apicurioService.missingTools().length === 0 ? false : noRegistry;
}

/** A registry that may be treated badly. */
export interface OwnRegistry {
  readonly url: string;
  kill(): Promise<void>;
  /** After `kill`: the same registry, on the same port and data. */
  startAgain(): Promise<void>;
}

/** On a free port and a folder that is deleted after the file's tests. */
export async function startOwnRegistry(): Promise<OwnRegistry> {
  const start = { directory: await mkdtemp(join(tmpdir(), 'stepwright-registry-')), port: await freePort() };
  let running: RunningService = await apicurioService.start(start);
  after(async () => {
    await running.stop();
    await rm(start.directory, { recursive: true, force: true });
  });
  return {
    url: `http://${running.address}${apicurioConfluentPath}`,
    kill: async () => {
      process.kill(running.pid, 'SIGKILL');
      await running.stop();
    },
    startAgain: async () => {
      running = await apicurioService.start(start);
    },
  };
}
