import type { TaskState } from '../../state/task-state.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { AsyncBacklog } from './map-async-node.ts';
import type { TaskEnvironment } from './task-environment.ts';

type ReportEnvironment = Pick<TaskEnvironment, 'clock' | 'engineMetrics' | 'logger' | 'deadLetterTopic'>;

/** Between two warnings about dead letters of one task: a flood of poison must not become a flood of lines. */
const warningIntervalMs = 10_000;

export interface CommitReport {
  /** Of the monotonic clock. */
  readonly startedAtMs: number;
  readonly deadLetters: readonly DeadLetter[];
  readonly asyncCount: number;
  readonly backlogs: readonly AsyncBacklog[];
}

/** Metrics of one task. Counted in plain numbers per record and handed over per commit. */
export class TaskReport {
  readonly #labels: { readonly task: string };
  readonly #environment: ReportEnvironment;
  readonly #state: TaskState;
  #processedCount = 0;
  #unreportedCount = 0;
  #nextWarningAtMs = 0;

  constructor(taskId: string, environment: ReportEnvironment, state: TaskState) {
    this.#labels = { task: taskId };
    this.#environment = environment;
    this.#state = state;
    const { process, commit, rollback, deadLetters } = environment.engineMetrics;
    // From zero on: a counter that begins with its first event hides that one from `increase()`.
    for (const counter of [process, commit, rollback, deadLetters]) counter.add(0, this.#labels);
  }

  processed(recordCount: number): void {
    this.#processedCount += recordCount;
  }

  punctuated(count: number): void {
    if (count > 0) this.#environment.engineMetrics.punctuate.add(count, this.#labels);
  }

  dropped(nodeName: string, reason: string): void {
    this.#environment.engineMetrics.droppedRecords.add(1, { ...this.#labels, node: nodeName, reason });
  }

  rolledBack(): void {
    this.#environment.engineMetrics.rollback.add(1, this.#labels);
  }

  committed({ startedAtMs, deadLetters, asyncCount, backlogs }: CommitReport): void {
    const { engineMetrics, clock } = this.#environment;
    engineMetrics.commit.add(1, this.#labels);
    engineMetrics.commitLatency.observe((clock.monotonicMs() - startedAtMs) / 1000, this.#labels);
    engineMetrics.process.add(this.#processedCount, this.#labels);
    // A commit of punctuations alone has no record whose age it could tell.
    if (this.#processedCount > 0)
      engineMetrics.endToEndLatency.observe(Math.max(0, clock.nowMs() - this.#state.streamTimeMs()) / 1000, this.#labels);
    this.#processedCount = 0;
    if (deadLetters.length > 0) this.#reportDeadLetters(deadLetters);
    engineMetrics.unflushedBytes.set(this.#state.usage().unflushedBytes, this.#labels);
    engineMetrics.asyncInFlight.set(asyncCount, this.#labels);
    for (const { nodeName, callCount, oldestMs } of backlogs) {
      const labels = { ...this.#labels, node: nodeName };
      engineMetrics.asyncPendingCalls.set(callCount, labels);
      engineMetrics.asyncOldestAge.set(oldestMs / 1_000, labels);
    }
  }

  /** A wrong serde looks like a healthy app without lag and without output: so the first letter is told at once. */
  #reportDeadLetters(letters: readonly DeadLetter[]): void {
    const { engineMetrics, clock, logger, deadLetterTopic } = this.#environment;
    engineMetrics.deadLetters.add(letters.length, this.#labels);
    this.#unreportedCount += letters.length;
    const last = letters.at(-1);
    if (last === undefined || clock.monotonicMs() < this.#nextWarningAtMs) return;
    const { source, nodeName: node, code, message: reason } = last;
    logger.warn(
      { ...this.#labels, deadLetterTopic, count: this.#unreportedCount, node, code, reason, ...source },
      'records went to dead letters; this is the last of them',
    );
    this.#unreportedCount = 0;
    this.#nextWarningAtMs = clock.monotonicMs() + warningIntervalMs;
  }
}
