import { randomBytes } from 'node:crypto';
import { openKeyStore, type KeyStore } from '../../gateway/auth/key-store.ts';
import type { Logger } from '../../topology/base/logger.ts';
import type { Metrics } from '../../topology/base/metrics.ts';

/**
 * The API keys of a folder while `stepwright keys` or a person changes them. A file that is broken by hand is said by log and metric, and by `/readyz`
 * through `problem`. @throws {CONFIG_INVALID} when it is broken at the start.
 */
export function followKeys(file: string, { logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics }): Promise<KeyStore> {
  const broken = metrics.counter('gateway_key_file_broken_total', 'Versions of the key file that were broken and not followed');
  const onBroken = (problem: string): void => {
    broken.add(1);
    logger.error({ problem }, 'the key file is broken: the keys of before stay in force');
  };
  return openKeyStore({ randomBytes, file, onBroken });
}
