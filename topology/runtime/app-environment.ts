import { createSystemClock } from '../base/clock.ts';
import { StepwrightError } from '../base/errors.ts';
import { silentLogger } from '../base/logger.ts';
import { silentMetrics } from '../base/metrics.ts';
import { prepareTopics } from './app-topics.ts';
import { defaultBounds } from './bounds.ts';
import type { RuntimeBounds } from './bounds.ts';
import { noCrashPoints } from './crash-points.ts';
import { createEngineMetrics } from './engine-metrics.ts';
import { defaultErrorHandlers } from './error-handlers.ts';
import { GlobalStores } from './globals/global-stores.ts';
import { createDirectorySupplier, createMemorySupplier, type StateSupplier, type StateSupplierOptions } from './state-supplier.ts';
import type { StateOption, StreamAppOptions } from './stream-app-options.ts';
import type { SharingOptions, TaskEnvironment } from './task-environment.ts';
import { unwrapped } from './wrap-processor.ts';

const defaultDeadLetterTopic = 'dead-letters.v1';

/** Group membership, as tasks use it to commit. */
export type MembershipPort = Pick<TaskEnvironment, 'membership' | 'commitOffsets'>;

export interface AppEnvironment {
  readonly environment: TaskEnvironment;
  readonly supplier: StateSupplier;
  /** To be started before tasks are, and closed before the supplier is. */
  readonly globals: GlobalStores;
}

/**
 * Fills in defaults, checks and creates topics, locks the state directory.
 * @throws {LOG_TOPIC_UNKNOWN | TOPOLOGY_INVALID | STATE_LOCKED | CONFIG_INVALID}
 */
export async function createAppEnvironment(options: StreamAppOptions, member: MembershipPort): Promise<AppEnvironment> {
  const { topology, log } = options;
  const deadLetterTopic = options.deadLetterTopic ?? defaultDeadLetterTopic;
  const bounds = checkedBounds(options.bounds);
  const topics = await prepareTopics(topology, log, deadLetterTopic);
  const shared = sharedPorts(options);
  const supplier = createSupplier(options.state, { ...shared, ...(options.stateBudgets && { budgets: options.stateBudgets }) });
  const globals = createGlobals(options, { ...shared, topics, bounds, supplier });
  const environment: TaskEnvironment = {
    ...shared,
    globalStore: (store) => globals.read(store),
    ...member,
    ...policies(options),
    topology,
    log,
    topics,
    deadLetterTopic,
    deadLetterOwner: options.deadLetterOwner,
    bounds,
    engineMetrics: createEngineMetrics(shared.metrics),
    openState: supplier.openState,
    storedPositions: (tasks) => supplier.storedPositions(tasks),
    releaseStored: (isWanted) => supplier.releaseStored(isWanted),
    removeObsolete: (isWanted, minAgeMs) => supplier.removeObsolete(isWanted, minAgeMs),
    sharing: sharingOf(options),
  };
  return { environment, supplier, globals };
}

function createGlobals(
  options: StreamAppOptions,
  given: Pick<TaskEnvironment, 'clock' | 'logger' | 'topics' | 'bounds'> & { readonly supplier: StateSupplier },
): GlobalStores {
  const { clock, logger, topics, bounds, supplier } = given;
  return new GlobalStores({
    ...{ log: options.log, clock, logger, topics, random: options.random ?? Math.random },
    stores: options.topology.globalStores,
    pollBytes: bounds.restorePollBytes,
    tombstoneMarginMs: bounds.tombstoneMarginMs,
    openState: (stores) => supplier.openGlobalState(stores),
  });
}

function sharedPorts(options: StreamAppOptions): Pick<TaskEnvironment, 'applicationId' | 'clock' | 'logger' | 'metrics'> {
  const applicationId = options.applicationId ?? options.topology.applicationName;
  return {
    applicationId,
    clock: options.clock ?? createSystemClock(),
    logger: (options.logger ?? silentLogger).child({ application: applicationId }),
    metrics: options.metrics ?? silentMetrics,
  };
}

function policies(
  options: StreamAppOptions,
): Pick<TaskEnvironment, 'guarantee' | 'offsetReset' | 'hasWallClock' | 'handlers' | 'random' | 'crashPoints' | 'wrapProcessor'> {
  return {
    guarantee: options.processingGuarantee ?? 'exactly_once',
    offsetReset: options.offsetReset ?? 'earliest',
    hasWallClock: options.hasWallClock ?? true,
    handlers: { ...defaultErrorHandlers, ...options.handlers },
    random: options.random ?? Math.random,
    crashPoints: options.crashPoints ?? noCrashPoints,
    wrapProcessor: options.wrapProcessor ?? unwrapped,
  };
}

function sharingOf(options: StreamAppOptions): SharingOptions {
  const { advertisedHost = '' } = options;
  const counts = {
    standbyCount: options.standbyCount ?? 0,
    acceptableRecoveryLag: options.acceptableRecoveryLag ?? 10_000,
    maxWarmups: options.maxWarmups ?? 2,
    probingIntervalMs: options.probingIntervalMs ?? 600_000,
  };
  for (const [name, value] of Object.entries(counts)) {
    if (!(Number.isInteger(value) && value >= 0))
      throw new StepwrightError('CONFIG_INVALID', `${name} is ${value}: it must be a whole number from 0`);
  }
  if (advertisedHost !== '' && !/^[^\s:]+:\d+$/.test(advertisedHost))
    throw new StepwrightError('CONFIG_INVALID', `advertisedHost is ${JSON.stringify(advertisedHost)}: it must be host:port`);
  return { ...counts, advertisedHost };
}

function checkedBounds(given: Partial<RuntimeBounds> = {}): RuntimeBounds {
  const bounds = { ...defaultBounds, ...given };
  for (const [name, value] of Object.entries(bounds)) {
    if (!(value >= 0)) throw new StepwrightError('CONFIG_INVALID', `bounds.${name} is ${value}: it must be a number from 0`);
  }
  return bounds;
}

function createSupplier(state: StateOption, options: StateSupplierOptions): StateSupplier {
  if (state === 'memory') return createMemorySupplier(options);
  if ('memory' in state) return createMemorySupplier(options, state.memory);
  return createDirectorySupplier(state.directory, options);
}
