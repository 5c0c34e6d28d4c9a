import type { TaskState } from '../../state/task-state.ts';
import type { TaskEnvironment } from './task-environment.ts';

export interface CommitReport {
  /** Of the monotonic clock. */
  readonly startedAtMs: number;
  readonly deadLetterCount: number;
  readonly asyncCount: number;
}

/** Metrics of one task. Counted in plain numbers per record and handed over per commit. */
export class TaskReport {
  readonly #labels: { readonly task: string };
  readonly #environment: Pick<TaskEnvironment, 'clock' | 'engineMetrics'>;
  readonly #state: TaskState;
  #processedCount = 0;

  constructor(taskId: string, environment: Pick<TaskEnvironment, 'clock' | 'engineMetrics'>, state: TaskState) {
    this.#labels = { task: taskId };
    this.#environment = environment;
    this.#state = state;
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

  committed({ startedAtMs, deadLetterCount, asyncCount }: CommitReport): void {
    const { engineMetrics, clock } = this.#environment;
    engineMetrics.commit.add(1, this.#labels);
    engineMetrics.commitLatency.observe((clock.monotonicMs() - startedAtMs) / 1000, this.#labels);
    engineMetrics.process.add(this.#processedCount, this.#labels);
    this.#processedCount = 0;
    if (deadLetterCount > 0) engineMetrics.deadLetters.add(deadLetterCount, this.#labels);
    engineMetrics.endToEndLatency.observe(Math.max(0, clock.nowMs() - this.#state.streamTimeMs()) / 1000, this.#labels);
    engineMetrics.unflushedBytes.set(this.#state.usage().unflushedBytes, this.#labels);
    engineMetrics.asyncInFlight.set(asyncCount, this.#labels);
  }
}
