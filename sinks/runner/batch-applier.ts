import { StepwrightError } from '../../topology/base/errors.ts';
import type { Logger } from '../../topology/base/logger.ts';
import { waitBackoff } from './backoff.ts';
import type { BackoffOptions } from './backoff.ts';
import type { SinkMetrics } from './sink-metrics.ts';
import type { SinkBatch, SinkRow, SinkTarget } from './sink-target.ts';

export interface BatchApplierOptions<Row> {
  readonly target: SinkTarget<Row>;
  readonly backoff: BackoffOptions;
  readonly metrics: SinkMetrics;
  readonly logger: Logger;
  /** By reference. Resolves when the letter is durable. */
  readonly refuse: (row: SinkRow<Row>, error: StepwrightError) => Promise<void>;
}

/** Applies batches to one target until they stand: waits and tries again, and finds the rows that the target refuses by halving. */
export class BatchApplier<Row> {
  readonly #options: BatchApplierOptions<Row>;

  constructor(options: BatchApplierOptions<Row>) {
    this.#options = options;
  }

  /** Answers false when `signal` ended the waiting first. @throws what the target threw when it is neither retry nor dead-letter. */
  async apply(batch: SinkBatch<Row>, signal: AbortSignal): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#options.target.apply(batch);
        return true;
      } catch (error) {
        if (!(error instanceof StepwrightError)) throw error;
        if (error.disposition === 'dead-letter') return this.#applyInParts(batch, error, signal);
        if (error.disposition !== 'retry') throw error;
        this.#options.metrics.retried();
        this.#options.logger.warn({ code: error.code, attempt, sink: this.#options.target.name }, error.message);
        if (signal.aborted) return false;
        await waitBackoff(attempt, this.#options.backoff, signal);
        if (signal.aborted) return false;
      }
    }
  }

  /** The parts go without positions, in order; the positions follow when all parts stand, so a crash in between repeats the whole batch. */
  async #applyInParts(batch: SinkBatch<Row>, error: StepwrightError, signal: AbortSignal): Promise<boolean> {
    const { rows, ranges } = batch;
    const [only] = rows;
    if (only === undefined) throw error;
    if (rows.length === 1) {
      await this.#options.refuse(only, error);
    } else {
      const middle = rows.length >>> 1;
      for (const part of [rows.slice(0, middle), rows.slice(middle)]) {
        if (!(await this.apply({ rows: part, ranges: [] }, signal))) return false;
      }
    }
    return ranges.length === 0 || this.apply({ rows: [], ranges }, signal);
  }
}
