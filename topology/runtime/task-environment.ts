import type { StoredPosition } from '../../state/task-state.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Topology } from '../builder/topology-builder-api.ts';
import type { GroupMembership, Log, OffsetCommit, TopicDescription } from '../log/log.ts';
import type { RuntimeBounds } from './bounds.ts';
import type { CrashPoints } from './crash-points.ts';
import type { OwnerOfKey } from './dead-letter.ts';
import type { EngineMetrics } from './engine-metrics.ts';
import type { ReadGlobalStore } from './globals/global-stores.ts';
import type { ErrorHandlers } from './error-handlers.ts';
import type { OpenState, StoredTask } from './state-supplier.ts';
import type { WrapProcessor } from './wrap-processor.ts';

export type ProcessingGuarantee = 'exactly_once' | 'at_least_once';

/** How tasks are shared with other members; see `StreamAppOptions`. */
export interface SharingOptions {
  readonly standbyCount: number;
  readonly acceptableRecoveryLag: number;
  readonly maxWarmups: number;
  readonly probingIntervalMs: number;
  readonly advertisedHost: string;
}

/** What all tasks of one app share. Nothing in it is mutable but the log and the clock. */
export interface TaskEnvironment {
  readonly applicationId: string;
  readonly topology: Topology;
  readonly log: Log;
  readonly guarantee: ProcessingGuarantee;
  readonly offsetReset: 'earliest' | 'latest';
  /** False for a replay: no wall-clock punctuation runs (T3). */
  readonly hasWallClock: boolean;
  readonly bounds: RuntimeBounds;
  readonly handlers: ErrorHandlers;
  readonly wrapProcessor: WrapProcessor;
  readonly globalStore: ReadGlobalStore;
  readonly deadLetterTopic: string;
  readonly deadLetterOwner: OwnerOfKey | undefined;
  /** Every topic of the topology, as it was at start. */
  readonly topics: ReadonlyMap<string, TopicDescription>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly engineMetrics: EngineMetrics;
  readonly crashPoints: CrashPoints;
  readonly openState: OpenState;
  /** Where the closed ones of these tasks stand on this disk. */
  storedPositions(tasks: readonly StoredTask[]): Promise<ReadonlyMap<string, StoredPosition>>;
  /** The tasks are shared out; see `StateSupplier`. */
  releaseStored(isWanted: (taskId: string) => boolean): Promise<void>;
  /** Deletes closed folders that nobody wants; see `StateSupplier`. */
  removeObsolete(isWanted: (taskId: string) => boolean, minAgeMs: number): Promise<readonly string[]>;
  readonly sharing: SharingOptions;
  membership(): GroupMembership | undefined;
  commitOffsets(offsets: readonly OffsetCommit[]): Promise<void>;
}
