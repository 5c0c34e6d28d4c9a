import { setTimeout as delay } from 'node:timers/promises';
import { backoffDelayMs } from '../../../topology/base/backoff.ts';
import { StepwrightError } from '../../../topology/base/errors.ts';
import { classifyBucketError } from './bucket-errors.ts';

export interface CallTuning {
  /** Most requests under way at once; more wait for their turn. */
  readonly concurrency: number;
  /** Longest time of one request, from its first byte to the last one of its answer. */
  readonly timeoutMs: number;
  /** Of one call, the first included; then the error goes to the caller, who has a back-off of its own. */
  readonly attempts: number;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Waits between attempts. Default: the machine's clock. */
  readonly wait?: (delayMs: number) => Promise<unknown>;
}

const backoff = { firstDelayMs: 50, maxDelayMs: 2_000 } as const;

/**
 * Makes requests: bounded in number and in time, repeated with full jitter while the reason is a passing one. The SDK's own repeats are off, since it
 * does not tell the caller about them, and a conditional write must know whether it may have been done before.
 */
export class BucketCalls {
  readonly #tuning: CallTuning;
  readonly #place: { readonly bucket: string; readonly endpoint: string };
  readonly #waiting: (() => void)[] = [];
  #freeCount: number;

  constructor(tuning: CallTuning, place: { readonly bucket: string; readonly endpoint: string }) {
    this.#tuning = tuning;
    this.#place = place;
    this.#freeCount = tuning.concurrency;
  }

  /**
   * `attempt` is 1 for the first. In later ones the answer of an earlier one may have been lost: it may have been done.
   * @throws {StepwrightError} classified by bucket-errors.ts.
   */
  async run<Result>(operation: string, work: (attempt: number) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#inTurn(() => work(attempt));
      } catch (error) {
        const { error: classified, isPassing } = classifyBucketError(error, { operation, ...this.#place });
        if (!isPassing || attempt >= this.#tuning.attempts) throw classified;
        await this.pause(attempt);
      }
    }
  }

  /** The wait after `attempt` failed. */
  async pause(attempt: number): Promise<void> {
    const { random, wait = delay } = this.#tuning;
    await wait(backoffDelayMs(attempt, { random, ...backoff }));
  }

  /** A turn is given back while a call waits for its next attempt, so that one bad key does not hold up the others. */
  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#freeCount > 0) this.#freeCount--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#freeCount++;
      else next();
    }
  }
}

/** What other writers do to one object never ends by itself: after so many rounds somebody else may try. */
export function contended(key: string): StepwrightError {
  const message = 'other writers changed the object each time it was to be replaced; it is tried again later';
  return new StepwrightError('OBJECT_STORE_UNAVAILABLE', message, { disposition: 'retry', context: { key } });
}
