import type { BackendFactory } from '../../state/backend.ts';
import type { StateBudgets } from '../../state/task-state.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Topology } from '../builder/topology-builder-api.ts';
import type { Log } from '../log/log.ts';
import type { AppState } from './app-state.ts';
import type { RuntimeBounds } from './bounds.ts';
import type { CrashPoints } from './crash-points.ts';
import type { OwnerOfKey } from './dead-letter.ts';
import type { ErrorHandlers } from './error-handlers.ts';
import type { RestoreProgress } from './restore-driver.ts';
import type { ProcessingGuarantee } from './task-environment.ts';
import type { SlotStatus } from './task-slot.ts';
import type { WrapProcessor } from './wrap-processor.ts';

/** A folder for RocksDB, or memory: for tests and for stores that may be restored at every start. */
export type StateOption = { readonly directory: string } | 'memory' | { readonly memory: BackendFactory };

export interface StreamAppOptions {
  readonly topology: Topology;
  /** Not closed by the app. */
  readonly log: Log;
  readonly state: StateOption;
  /** Group, transactional ids and state folder. Default: the topology's application name. Two apps on one log need two ids. */
  readonly applicationId?: string;
  /** Default `exactly_once`. */
  readonly processingGuarantee?: ProcessingGuarantee;
  /** Where to begin without a committed position. Default `earliest`. */
  readonly offsetReset?: 'earliest' | 'latest';
  /** Default true. A replay has none: no wall-clock punctuation runs, so no facts are written (T3). */
  readonly hasWallClock?: boolean;
  /** Created with one partition when missing. Default `dead-letters.v1`. */
  readonly deadLetterTopic?: string;
  /** Written into a dead letter, so that letters can be told by owner. Nothing else of the key is: it may be as secret as the value. */
  readonly deadLetterOwner?: OwnerOfKey;
  readonly bounds?: Partial<RuntimeBounds>;
  /** Memory of one task's store. */
  readonly stateBudgets?: StateBudgets;
  readonly handlers?: Partial<ErrorHandlers>;
  readonly clock?: Clock;
  /** A number in [0, 1): jitter and the instance's name. */
  readonly random?: () => number;
  readonly logger?: Logger;
  readonly metrics?: Metrics;
  /** Name of this member in the group. Default: kept in the state directory, so that who was killed is at once itself again; random without one. */
  readonly instanceId?: string;
  /** Copies of each task's stores on other members, kept up to date from the changelogs. Default 0. */
  readonly standbyCount?: number;
  /** A member counts as caught up with a task when at most this many changelog offsets are missing on its disk. Default 10,000. */
  readonly acceptableRecoveryLag?: number;
  /** Tasks of the whole group that may be copied to a less loaded member at a time before they move there. Default 2. */
  readonly maxWarmups?: number;
  /** While copies are under way, the group looks again this often whether a task may move. Default 10 minutes; a finished copy is told at once. */
  readonly probingIntervalMs?: number;
  /** `host:port` at which other members reach this one for queries; standbys are put on other hosts where there are any. */
  readonly advertisedHost?: string;
  readonly crashPoints?: CrashPoints;
  /** Called for every processor node of every task with what makes its processor; what it returns is used instead (KIP-1112). For tracing. */
  readonly wrapProcessor?: WrapProcessor;
  /** What happens to one assigned task; `released` is its end here. */
  readonly onTaskStateChange?: (taskId: string, next: SlotStatus, previous: SlotStatus) => void;
  readonly onStateChange?: (next: AppState, previous: AppState) => void;
  readonly onRestore?: (progress: RestoreProgress) => void;
  readonly onTaskFailed?: (taskId: string, error: unknown) => void;
}
