import type { TaskState } from '../../state/task-state.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import type { ReadGlobalStore } from './globals/global-stores.ts';
import type { CurrentRecord } from './current-record.ts';
import type { ErrorHandlers } from './error-handlers.ts';
import type { Punctuations } from './punctuations.ts';
import type { RecordCollector } from './record-collector.ts';
import type { WrapProcessor } from './wrap-processor.ts';

/** What the nodes of one task share. Made anew when the task rolls back (K4), except for the state, the collector and the metrics. */
export interface NodeScope {
  readonly taskId: string;
  readonly state: TaskState;
  readonly collector: RecordCollector;
  readonly current: CurrentRecord;
  readonly punctuations: Punctuations;
  readonly handlers: ErrorHandlers;
  readonly wrapProcessor: WrapProcessor;
  readonly clock: Clock;
  /** A number in [0, 1), for jitter only. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  globalStore: ReadGlobalStore;
  caughtUp(): boolean;
  onDropped(nodeName: string, reason: string): void;
  /** True when the current record failed before: it went to dead letters just now, and nothing else may be done for it. */
  isCondemned(): boolean;
  /** From a callback: runs `work` inside the loop, unless the task has rolled back or closed since (a generation number voids it). */
  enqueue(work: () => void): void;
}
