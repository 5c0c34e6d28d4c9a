import { randomUUID } from 'node:crypto';
import { createEventParser } from '../../schemas/validate-event.ts';
import { runAll } from '../../topology/base/run-all.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { silentMetrics } from '../../topology/base/metrics.ts';
import { createPinoLogger, type LogLevel } from '../../topology/base/pino-logger.ts';
import { createInProcessIngest } from '../platform/ingest.ts';
import { startPlatform, type Platform, type PlatformOptions } from '../platform/platform.ts';
import { restoreReporter } from '../platform/restore-report.ts';
import { openStorage, type Storage, type StorageOptions } from '../platform/storage.ts';
import { feedRecording } from './feed.ts';
import type { RecordingFile } from './recording-file.ts';

/** The one tenant of a platform that nobody shares. */
export const localTenant = 'local';

export interface EmbeddedOptions {
  readonly data: string;
  readonly logLevel: LogLevel;
  readonly partitions: number;
  readonly commitIntervalMs: number;
  readonly stateBudgetBytes: number;
  readonly logSync: 'never' | 'always';
}

/** Where a test may end the process. */
export type CrashHooks = Pick<PlatformOptions, 'crashPoints'> & Pick<StorageOptions, 'keyringCrashPoint'>;

/** A platform without a port, fed with files. */
export interface EmbeddedRun {
  readonly storage: Storage;
  readonly platform: Platform;
  readonly feed: (file: RecordingFile) => Promise<void>;
}

/** Opens the data folder, starts the platform on it, hands it to `work`, and closes it in the right order whatever happens. */
export async function withEmbeddedPlatform<T>(
  options: EmbeddedOptions,
  { stderr, crashes = {} }: { readonly stderr: (text: string) => void; readonly crashes?: CrashHooks },
  work: (run: EmbeddedRun) => Promise<T>,
): Promise<T> {
  const clock = createSystemClock();
  const logger = createPinoLogger({ level: options.logLevel });
  const metrics = silentMetrics;
  const { partitions: partitionCount, commitIntervalMs, stateBudgetBytes, logSync } = options;
  const storage = await openStorage({ dataFolder: options.data, partitionCount, logSync, analytics: false, clock, logger, ...crashes });
  try {
    const onRestore = restoreReporter(stderr);
    const engine = { commitIntervalMs, stateBudgetBytes, clock, random: Math.random, logger, metrics, onRestore, ...crashes };
    const platform = await startPlatform({ storage, ...engine });
    const ingest = createInProcessIngest({ storage, platform, clock, logger, metrics, newId: randomUUID });
    try {
      await ingest.start();
      const parser = createEventParser();
      return await work({ storage, platform, feed: (file) => feedRecording(ingest, parser, localTenant, file) });
    } finally {
      await runAll([() => ingest.close(), () => platform.close()]);
    }
  } finally {
    await storage.close();
  }
}
