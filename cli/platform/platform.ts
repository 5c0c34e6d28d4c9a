import { createImageTools } from '../../processors/adapters/images/image-tools.ts';
import { createSafeStage } from '../../processors/safe-stage.ts';
import { defaultSessionizeOptions } from '../../processors/sessionize/session-state.ts';
import { buildGuideTopology } from '../../processors/topology.ts';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { SinkRunner } from '../../sinks/runner/sink-runner.ts';
import type { SinkTarget } from '../../sinks/runner/sink-target.ts';
import { createGuideTarget } from '../../sinks/s3/guides/guide-target.ts';
import { quarantineScope, sealedObjects } from '../../sinks/s3/sealed-objects.ts';
import { createViewTarget } from '../../sinks/views/view-target.ts';
import type { Clock } from '../../topology/base/clock.ts';
import type { Logger } from '../../topology/base/logger.ts';
import type { Metrics } from '../../topology/base/metrics.ts';
import type { Topology } from '../../topology/builder/topology-builder-api.ts';
import { createStreamApp, type StreamApp } from '../../topology/runtime/stream-app.ts';
import type { RestoreProgress } from '../../topology/runtime/restore-driver.ts';
import { defaultStateBudgets, type StateBudgets } from '../../state/task-state.ts';
import { deadLetterTopic, deadLetterWriter } from './dead-letters.ts';
import type { Storage } from './storage.ts';

/** The stream of one process: the topology on its tasks and the sinks behind it. Needs an open storage, which it does not close. */
export interface Platform {
  readonly topology: Topology;
  readonly app: StreamApp;
  readonly sinks: readonly SinkHandle[];
  /** Originals of screenshots, unsealed on the way out, sealed on the way in. */
  readonly quarantine: ObjectStore;
  /** Messages of what failed for good, newest last: a task that keeps failing, a sink that stopped. */
  readonly failures: readonly string[];
  /** Stops the tasks first, so that the sinks can carry what was committed. */
  close(): Promise<void>;
}

/** What the platform needs of a sink, whatever its rows are. */
export type SinkHandle = Pick<SinkRunner<unknown>, 'name' | 'isHealthy' | 'start' | 'applied' | 'whenApplied' | 'close'> & {
  forget(tenantId: string, sessionId: string): Promise<number>;
};

export interface PlatformOptions {
  readonly storage: Storage;
  readonly commitIntervalMs: number;
  readonly stateBudgetBytes: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly onRestore?: (progress: RestoreProgress) => void;
}

const picturesAtATime = 4;

/** Starts the tasks and the sinks. @throws {STATE_LOCKED | LOG_TOPIC_UNKNOWN} */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { storage, clock, random, logger, metrics } = options;
  const quarantine = sealedObjects(storage.objects, storage.keyring, quarantineScope);
  const topology = guideTopology(options, quarantine);
  const failures: string[] = [];
  const app = createStreamApp({
    topology,
    log: storage.log,
    state: { directory: storage.stateFolder },
    deadLetterTopic,
    bounds: { commitIntervalMs: options.commitIntervalMs },
    stateBudgets: budgetsOf(options.stateBudgetBytes, storage.partitionCount),
    clock,
    random,
    logger,
    metrics,
    onTaskFailed: (taskId, error) => failures.push(`task ${taskId}: ${error instanceof Error ? error.message : 'unknown'}`),
    ...(options.onRestore === undefined ? {} : { onRestore: options.onRestore }),
  });
  const letters = deadLetterWriter(storage.log);
  const runSink = <Row>(target: SinkTarget<Row>): SinkHandle => {
    const runner = new SinkRunner<Row>({
      log: storage.log,
      target,
      clock,
      random,
      deadLetters: letters.write,
      logger,
      metrics,
      onFailed: (error) => failures.push(`sink ${target.name}: ${error instanceof Error ? error.message : 'unknown'}`),
    });
    runner.start();
    return {
      name: runner.name,
      get isHealthy() {
        return runner.isHealthy;
      },
      start: () => runner.start(),
      applied: () => runner.applied(),
      whenApplied: (positions) => runner.whenApplied(positions),
      close: () => runner.close(),
      forget: (tenantId, sessionId) => target.forget(tenantId, sessionId),
    };
  };
  await app.start();
  const sinks = [
    runSink(createViewTarget(storage.views, storage.serdes)),
    runSink(createGuideTarget({ store: storage.objects, guides: storage.serdes['guide.finished.v1'], metrics })),
    ...(storage.analytics.target === undefined ? [] : [runSink(storage.analytics.target)]),
  ];
  const close = async (): Promise<void> => {
    await app.close();
    for (const sink of sinks) await sink.close();
    await letters.close();
  };
  return { topology, app, sinks, quarantine, failures, close };
}

function guideTopology({ storage }: PlatformOptions, originals: ObjectStore): Topology {
  const { keyring, objects, serdes, plainSerdes } = storage;
  const { stateTtlMs } = defaultSessionizeOptions;
  return buildGuideTopology({
    // The chain seals capture.events itself, beside its stores.
    serdes: { ...serdes, 'capture.events.v1': plainSerdes['capture.events.v1'] },
    keyring,
    safeStage: createSafeStage({ keyring, images: createImageTools(), objects, originals, concurrencyCount: picturesAtATime, stateTtlMs }),
  });
}

/** The process's budget over its tasks, in the proportions of the default. */
function budgetsOf(processBytes: number, taskCount: number): StateBudgets {
  const { cacheBytes, blockCacheBytes, memtableBytes } = defaultStateBudgets;
  const share = processBytes / taskCount / (cacheBytes + blockCacheBytes + memtableBytes);
  const part = (bytes: number): number => Math.floor(bytes * share);
  return {
    ...defaultStateBudgets,
    cacheBytes: part(cacheBytes),
    blockCacheBytes: part(blockCacheBytes),
    memtableBytes: part(memtableBytes),
  };
}
