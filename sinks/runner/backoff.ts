import type { Clock } from '../../topology/base/clock.ts';

export interface BackoffOptions {
  readonly clock: Clock;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

/** Full jitter: attempt n waits between 0 and `firstDelayMs` · 2ⁿ⁻¹, so that many sinks do not come back together. */
export function backoffDelayMs(attempt: number, options: Pick<BackoffOptions, 'random' | 'firstDelayMs' | 'maxDelayMs'>): number {
  const ceilingMs = Math.min(options.maxDelayMs, options.firstDelayMs * 2 ** Math.min(attempt - 1, 30));
  return Math.ceil(options.random() * ceilingMs);
}

/** Waits for the back-off of `attempt`, or until `signal` aborts. */
export function waitBackoff(attempt: number, options: BackoffOptions, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = options.clock.setTimer(backoffDelayMs(attempt, options), done);
    signal.addEventListener('abort', done);
  });
}
