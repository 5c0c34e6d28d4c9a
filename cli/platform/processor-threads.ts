import type { LogLevel } from '../../topology/base/pino-logger.ts';
import type { RestoreProgress } from '../../topology/runtime/restore-driver.ts';
import { startStreamThreads } from '../../topology/runtime/threads/stream-threads.ts';
import type { AdapterChoice } from './adapters.ts';
import type { Failures } from './failures.ts';
import type { RunningProcessors, TaskOptions } from './processors.ts';

/** What each thread makes its part of the process from; a structured clone. */
export interface ProcessorThreadData extends TaskOptions {
  readonly adapters: AdapterChoice;
  readonly data: string;
  readonly state: string | undefined;
  readonly partitions: number;
  readonly logLevel: LogLevel;
}

const module = new URL('./processor-thread.js', import.meta.url);

/** The tasks of this process in threads, each a member of the group with its own connections to the log. @throws as `startProcessors`. */
export async function startProcessorThreads(
  data: ProcessorThreadData,
  threadCount: number,
  { failures, onRestore }: { readonly failures: Failures; readonly onRestore: ((progress: RestoreProgress) => void) | undefined },
): Promise<RunningProcessors> {
  const onFailed = (message: string): void => failures.tell(message);
  const app = await startStreamThreads({ module, threadCount, data, onFailed, ...(onRestore && { onRestore }) });
  return { app, metricsText: () => app.metricsText(), close: () => app.close() };
}
