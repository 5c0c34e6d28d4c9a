import type { DeadLetter } from '../../schemas/types/usage.ts';
import { SinkRunner, type SinkRunnerOptions } from '../../sinks/runner/sink-runner.ts';
import type { SinkTarget } from '../../sinks/runner/sink-target.ts';
import { hasCode } from '../../topology/base/errors.ts';
import type { Clock } from '../../topology/base/clock.ts';
import type { Logger } from '../../topology/base/logger.ts';
import type { Metrics } from '../../topology/base/metrics.ts';
import type { Log, TopicPartitionOffset } from '../../topology/log/log.ts';
import type { Failures } from './failures.ts';

/** A running sink, whatever its rows are. */
export interface SinkHandle {
  readonly name: string;
  /** False once it stopped because of an error; one that is off (ANALYTICS_OFF) has nothing to do and is healthy. */
  readonly isHealthy: () => boolean;
  readonly whenApplied: (positions: readonly TopicPartitionOffset[]) => Promise<void>;
  /** Refreshes `sink_lag_records`. */
  readonly measureLag: () => Promise<void>;
  readonly forget: (tenantId: string, sessionId: string) => Promise<number>;
  readonly close: () => Promise<void>;
}

export interface SinkEnvironment {
  readonly log: Log;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly deadLetters: (letters: readonly DeadLetter[]) => Promise<void>;
  readonly failures: Failures;
}

/** When a batch is applied; the runner's defaults when not given. */
export type BatchLimits = Pick<SinkRunnerOptions<unknown>, 'batchBytes' | 'batchRows' | 'lingerMs'>;

/** Starts to carry records to the target. */
export function startSink<Row>(environment: SinkEnvironment, target: SinkTarget<Row>, limits: BatchLimits = {}): SinkHandle {
  const { failures, ...rest } = environment;
  let isOff = false;
  const failed = (error: unknown): void => {
    // Analytics that does not load on this machine is off, which its routes say; the rest runs and is ready.
    isOff = hasCode(error, 'ANALYTICS_OFF');
    if (!isOff) failures.add(`sink ${target.name}`, error);
  };
  const runner = new SinkRunner<Row>({ ...rest, ...limits, target, onFailed: failed });
  runner.start();
  return {
    name: target.name,
    isHealthy: () => runner.isHealthy || isOff,
    whenApplied: (positions) => runner.whenApplied(positions),
    measureLag: () => runner.measureLag(),
    forget: (tenantId, sessionId) => target.forget(tenantId, sessionId),
    close: () => runner.close(),
  };
}
