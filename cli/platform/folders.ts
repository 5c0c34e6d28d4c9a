import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { StepwrightError } from '../../topology/base/errors.ts';

/** API keys of a data folder, hashed. */
export const keyFileName = 'api-keys.json';

/** Where a process keeps what. The first five are shared by all processes of a deployment, the rest belong to one. */
export interface Folders {
  readonly keys: string;
  readonly keyFile: string;
  readonly objects: string;
  readonly schemas: string;
  /** Of the embedded log. */
  readonly log: string;
  /** Stores of the processors. */
  readonly state: string;
  readonly views: string;
  readonly analytics: string;
  /** Chunks that were acked while the log was away. */
  readonly spool: string;
  /** Name of the gateway of this process. */
  readonly gatewayIdFile: string;
}

/** `own` holds what one process keeps for itself. Default: the shared folder, for a deployment of one process of each role. */
export function foldersOf(data: string, own: string = data): Folders {
  return {
    keys: join(data, 'keys'),
    keyFile: join(data, keyFileName),
    objects: join(data, 'objects'),
    schemas: join(data, 'schemas'),
    log: join(data, 'log'),
    state: join(own, 'state'),
    views: join(own, 'views'),
    analytics: join(own, 'analytics'),
    spool: join(own, 'spool'),
    gatewayIdFile: join(own, 'gateway-id'),
  };
}

/** Made when missing, for the owner only. @throws {CONFIG_INVALID} naming the flag. */
export function makeFolder(folder: string, flag: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StepwrightError('CONFIG_INVALID', `${flag}: the folder ${folder} cannot be made or is a file; name another one`, {
      cause: error,
    });
  }
}
