import type { Clock } from '../../../base/clock.ts';
import { asBrokerError } from '../kafka-errors.ts';
import type { BrokerError, BrokerErrorKind } from '../kafka-errors.ts';
import { StepwrightError } from '../../../base/errors.ts';

/** First wait and longest wait, by what went wrong; each wait is twice the one before. What is not here is not tried again. */
const waits: Partial<Record<BrokerErrorKind, { readonly firstMs: number; readonly longestMs: number }>> = {
  // A transaction that is ending takes a few ms: the coordinator answers CONCURRENT_TRANSACTIONS until then.
  busy: { firstMs: 5, longestMs: 40 },
  loading: { firstMs: 20, longestMs: 250 },
  moved: { firstMs: 20, longestMs: 500 },
  network: { firstMs: 50, longestMs: 1000 },
};

const longestTimerMs = 2 ** 30;

export interface RetryOptions {
  readonly clock: Clock;
  readonly withinMs: number;
  /** How long a coordinator may answer that it still loads; this time does not count for `withinMs`. Default as `withinMs`. */
  readonly loadsWithinMs?: number;
  readonly doing: string;
  /** Before the next attempt: look up again who answers. Its own failure counts as the attempt's. */
  readonly onRetry?: (error: BrokerError) => Promise<void> | void;
  /** Ends the retries early, say because the caller was closed. */
  readonly isOver?: () => boolean;
}

/** Repeats `attempt` while the failure is one that passes and time is left. @throws {BrokerError} the last one, or what is not retried. */
export async function retrying<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const patience = new Patience(options);
  let failure: BrokerError | undefined;
  for (let count = 0; ; count++) {
    try {
      // Inside: a look-up that fails because the broker is still away must not end the retries.
      if (failure !== undefined) await options.onRetry?.(failure);
      return await attempt();
    } catch (caught) {
      const error = asBrokerError(caught, options.doing);
      if (error instanceof StepwrightError) throw error;
      const wait = waits[error.kind];
      if (wait === undefined || options.isOver?.() === true || patience.isOverFor(error)) throw error;
      await pause(options.clock, Math.min(wait.longestMs, wait.firstMs * 2 ** count));
      failure = error;
    }
  }
}

/** How long each kind of failure is borne. A broker that comes back late has loading before it still, so that has a time of its own. */
class Patience {
  readonly #clock: Clock;
  readonly #loadsWithinMs: number;
  #endsAtMs: number;
  #loadingSinceMs: number | undefined;

  constructor({ clock, withinMs, loadsWithinMs = withinMs }: RetryOptions) {
    this.#clock = clock;
    this.#loadsWithinMs = loadsWithinMs;
    this.#endsAtMs = clock.monotonicMs() + withinMs;
  }

  isOverFor({ kind }: BrokerError): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (kind === 'loading') {
      this.#loadingSinceMs ??= nowMs;
      return nowMs - this.#loadingSinceMs >= this.#loadsWithinMs;
    }
    if (this.#loadingSinceMs !== undefined) this.#endsAtMs += nowMs - this.#loadingSinceMs;
    this.#loadingSinceMs = undefined;
    return nowMs >= this.#endsAtMs;
  }
}

/** Resolves with `work`, or after `limitMs` without it. */
export async function withinMs(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<void> {
  let cancel = (): void => {};
  const limit = new Promise<void>((resolve) => {
    cancel = clock.setTimer(limitMs, resolve);
  });
  await Promise.race([work, limit]).finally(cancel);
}

/** The clock's timers keep no process alive; one that waits for a broker, say while it starts, must not end because of that. */
export async function pause(clock: Clock, delayMs: number): Promise<void> {
  const alive = setInterval(() => {}, longestTimerMs);
  await new Promise<void>((resolve) => void clock.setTimer(delayMs, resolve));
  clearInterval(alive);
}
