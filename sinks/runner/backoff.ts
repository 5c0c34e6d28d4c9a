import { backoffDelayMs, type BackoffLimits } from '../../topology/base/backoff.ts';
import type { Clock } from '../../topology/base/clock.ts';

export interface BackoffOptions extends BackoffLimits {
  readonly clock: Clock;
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
