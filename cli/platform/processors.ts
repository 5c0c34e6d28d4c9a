import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { createProcessImageTools } from '../../processors/adapters/images/process/process-image-tools.ts';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { tenantOfKey } from '../../schemas/sealed.ts';
import { quarantineScope, sealedObjects } from '../../sinks/s3/sealed-objects.ts';
import { runAll } from '../../topology/base/run-all.ts';
import type { Clock } from '../../topology/base/clock.ts';
import type { Logger } from '../../topology/base/logger.ts';
import type { Metrics } from '../../topology/base/metrics.ts';
import type { CrashPoints } from '../../topology/runtime/crash-points.ts';
import type { RestoreProgress } from '../../topology/runtime/restore-driver.ts';
import { createStreamApp, type StreamApp } from '../../topology/runtime/stream-app.ts';
import { deadLetterTopic } from './dead-letters.ts';
import type { Failures } from './failures.ts';
import { guideTopology } from './guide-topology.ts';
import { NodeTimes, tellTimes } from './processor-times.ts';
import { shareState } from './state-share.ts';
import type { SharedStorage } from './storage.ts';

/** What a process says of its tasks. */
export interface TaskOptions {
  readonly commitIntervalMs: number;
  /** Of the process, over all tasks that it may come to own: so it holds however many threads share them. */
  readonly stateBudgetBytes: number;
  /** Copies of each task's stores in other processes. */
  readonly standbys?: number;
  /** Tells processes apart: a copy stands in another one than its task. */
  readonly advertisedHost?: string;
}

export interface ProcessorsOptions extends TaskOptions {
  readonly storage: SharedStorage;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly onRestore?: (progress: RestoreProgress) => void;
  /** For crash tests. */
  readonly crashPoints?: CrashPoints;
}

/** Originals of screenshots, unsealed on the way out, sealed on the way in. */
export function quarantineOf({ objects, keyring }: Pick<SharedStorage, 'objects' | 'keyring'>): ObjectStore {
  return sealedObjects(objects, keyring, quarantineScope);
}

/** In the picture process, which has a thread pool of this size. */
const mostPicturesAtATime = 4;

/** How often the times of processors go to the log. */
const tellEveryMs = 60_000;

/** The tasks of a process, in one thread or several. */
export type RunningApp = Pick<StreamApp, 'state' | 'health' | 'tasks'>;

export interface RunningProcessors {
  readonly app: RunningApp;
  /** Of threads, whose metrics are not the process's own. */
  readonly metricsText?: () => Promise<string>;
  /** Tasks, then the picture process. */
  close(): Promise<void>;
}

/** Starts the tasks of this process. @throws {STATE_LOCKED | LOG_TOPIC_UNKNOWN} */
export async function startProcessors(
  options: ProcessorsOptions,
  failures: Failures,
): Promise<RunningProcessors & { readonly app: StreamApp }> {
  const { storage, clock, random, logger, metrics, onRestore, crashPoints } = options;
  const images = createProcessImageTools({ concurrencyCount: Math.min(mostPicturesAtATime, availableParallelism()) });
  const times = new NodeTimes(() => clock.monotonicMs());
  const app = createStreamApp({
    topology: guideTopology(storage, quarantineOf(storage), images),
    log: storage.log,
    state: { directory: storage.folders.state },
    deadLetterTopic,
    deadLetterOwner: tenantOfKey,
    wrapProcessor: times.wrap,
    bounds: { commitIntervalMs: options.commitIntervalMs },
    stateBudgets: shareState(options.stateBudgetBytes, storage.partitionCount),
    clock,
    random,
    logger,
    metrics,
    onTaskFailed: (taskId, error) => failures.add(`task ${taskId}`, error),
    ...(options.standbys !== undefined && { standbyCount: options.standbys }),
    ...(options.advertisedHost !== undefined && { advertisedHost: options.advertisedHost }),
    ...(onRestore && { onRestore }),
    ...(crashPoints && { crashPoints }),
  });
  const process = randomUUID();
  const told = tellTimes({
    log: storage.log,
    times,
    serde: storage.serdes['processor.times.v1'],
    process,
    everyMs: tellEveryMs,
    clock,
    logger,
  });
  const close = (): Promise<void> => runAll([() => app.close(), () => told.close(), () => images.close()]);
  try {
    await app.start();
    return { app, close };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}
