import { createImageTools } from '../../processors/adapters/images/image-tools.ts';
import { createSafeStage } from '../../processors/safe-stage.ts';
import { defaultSessionizeOptions } from '../../processors/sessionize/session-state.ts';
import { buildGuideTopology } from '../../processors/topology.ts';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import type { TitleModel } from '../../processors/ports/title-model.ts';
import { createGuideTarget } from '../../sinks/s3/guides/guide-target.ts';
import { quarantineScope, sealedObjects } from '../../sinks/s3/sealed-objects.ts';
import { createViewTarget } from '../../sinks/views/view-target.ts';
import { runAll } from '../../topology/base/run-all.ts';
import type { Clock } from '../../topology/base/clock.ts';
import type { Logger } from '../../topology/base/logger.ts';
import type { Metrics } from '../../topology/base/metrics.ts';
import type { Topology } from '../../topology/builder/topology-builder-api.ts';
import type { CrashPoints } from '../../topology/runtime/crash-points.ts';
import { createStreamApp, type StreamApp } from '../../topology/runtime/stream-app.ts';
import type { RestoreProgress } from '../../topology/runtime/restore-driver.ts';
import { defaultStateBudgets, type StateBudgets } from '../../state/task-state.ts';
import { deadLetterTopic, deadLetterWriter } from './dead-letters.ts';
import { startSink, type SinkEnvironment, type SinkHandle } from './sink-handle.ts';
import type { Storage } from './storage.ts';
import { createTitleHost } from './title-host.ts';

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

export interface PlatformOptions {
  readonly storage: Storage;
  readonly commitIntervalMs: number;
  readonly stateBudgetBytes: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly onRestore?: (progress: RestoreProgress) => void;
  /** Answers title requests of sessions whose policy asks for it; without one the rules' titles stay. */
  readonly titleModel?: TitleModel;
  /** For crash tests. */
  readonly crashPoints?: CrashPoints;
}

/** What the topology is made of; to describe it, an empty one will do. */
export type TopologyStorage = Pick<Storage, 'keyring' | 'objects' | 'serdes' | 'plainSerdes'>;

const picturesAtATime = 4;
const keptFailureCount = 20;

/** Starts the tasks and the sinks. @throws {STATE_LOCKED | LOG_TOPIC_UNKNOWN} */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { storage, clock, random, logger, metrics, onRestore } = options;
  const quarantine = sealedObjects(storage.objects, storage.keyring, quarantineScope);
  const topology = guideTopology(options, quarantine);
  const failures: string[] = [];
  const onFailed = (message: string): void => {
    failures.push(message);
    if (failures.length > keptFailureCount) failures.shift();
  };
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
    onTaskFailed: (taskId, error) => onFailed(`task ${taskId}: ${error instanceof Error ? error.message : 'unknown'}`),
    ...(onRestore && { onRestore }),
    ...(options.crashPoints && { crashPoints: options.crashPoints }),
  });
  try {
    await app.start();
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
  const letters = deadLetterWriter(storage.log);
  const sinks = startSinks(options, { log: storage.log, clock, random, logger, metrics, deadLetters: letters.write, onFailed });
  const close = (): Promise<void> => runAll([() => app.close(), ...sinks.map((sink) => () => sink.close()), () => letters.close()]);
  return { topology, app, sinks, quarantine, failures, close };
}

function startSinks({ storage, titleModel, metrics, clock }: PlatformOptions, environment: SinkEnvironment): readonly SinkHandle[] {
  const { log, serdes, keyring, objects, partitionCount } = storage;
  const sinks = [
    startSink(environment, createViewTarget(storage.views, serdes)),
    startSink(environment, createGuideTarget({ store: objects, guides: serdes['guide.finished.v1'], metrics })),
  ];
  if (storage.analytics.target !== undefined) sinks.push(startSink(environment, storage.analytics.target));
  if (titleModel !== undefined) {
    const host = createTitleHost({ log, serdes, keyring, positions: objects, partitionCount, model: titleModel, clock });
    sinks.push(startSink(environment, host));
  }
  return sinks;
}

/** The chain with its adapters, as this process runs it. */
export function guideTopology({ storage }: { readonly storage: TopologyStorage }, originals: ObjectStore): Topology {
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
