import { createSystemClock } from '../../topology/base/clock.ts';
import { createPinoLogger } from '../../topology/base/pino-logger.ts';
import { runAll } from '../../topology/base/run-all.ts';
import type { ThreadApp, ThreadContext } from '../../topology/runtime/threads/thread-app.ts';
import { Failures } from './failures.ts';
import { foldersOf } from './folders.ts';
import type { ProcessorThreadData } from './processor-threads.ts';
import { startProcessors } from './processors.ts';
import { openShared } from './storage.ts';

/** Entry of one thread of the role processors: its own log, keyring, picture process and stores. */
export async function createThreadApp({ index, data, metrics, onFailed, onRestore }: ThreadContext): Promise<ThreadApp> {
  if (!isThreadData(data)) throw new TypeError('a processor thread is started by startProcessorThreads');
  const { adapters, partitions: partitionCount, logLevel, state, data: shared } = data;
  const logger = createPinoLogger({ level: logLevel }).child({ thread: index });
  const clock = createSystemClock();
  const whole = foldersOf(shared, state);
  // A directory of stores has one owner: the first thread has that of a process without threads, so that raising their number keeps its stores.
  const folders = index === 0 ? whole : { ...whole, state: `${whole.state}-${index}` };
  const storage = await openShared({ adapters, folders, partitionCount, clock, logger });
  try {
    const failures = new Failures(onFailed);
    const process = { storage, clock, logger, metrics, random: Math.random, onRestore };
    const { app, close } = await startProcessors({ ...data, ...process }, failures);
    const closeAll = (): Promise<void> => runAll([close, () => storage.close()]);
    return { state: () => app.state(), health: () => app.health(), tasks: () => app.tasks(), close: closeAll };
  } catch (error) {
    await storage.close().catch(() => undefined);
    throw error;
  }
}

/** Nobody else starts this module. */
function isThreadData(data: unknown): data is ProcessorThreadData {
  return typeof data === 'object' && data !== null && 'adapters' in data && 'stateBudgetBytes' in data;
}
