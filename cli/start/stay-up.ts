import { setTimeout as wait } from 'node:timers/promises';

/** How long tasks may keep failing before the process gives up: back-off and a full disk that is being cleared fit in. */
const patienceMs = 60_000;
const checkMs = 1_000;

export interface StayUpOptions {
  readonly stopped: AbortSignal;
  readonly isHealthy: () => boolean;
  /** Milliseconds, monotonic. */
  readonly nowMs: () => number;
  /** Default: real time, ended early by the signal. */
  readonly pause?: (delayMs: number, stopped: AbortSignal) => Promise<void>;
}

/**
 * Waits until the person stops the process, or until it has been unhealthy for a minute without a break: then it should end, so that whoever runs
 * it sees that (DESIGN §3.8). Answers which of the two it was.
 */
export async function stayUp({ stopped, isHealthy, nowMs, pause = realPause }: StayUpOptions): Promise<'stopped' | 'failing'> {
  let failingSinceMs: number | undefined;
  while (!stopped.aborted) {
    failingSinceMs = isHealthy() ? undefined : (failingSinceMs ?? nowMs());
    if (failingSinceMs !== undefined && nowMs() - failingSinceMs >= patienceMs) return 'failing';
    await pause(checkMs, stopped);
  }
  return 'stopped';
}

async function realPause(delayMs: number, stopped: AbortSignal): Promise<void> {
  // An abort rejects, and the loop looks at the signal itself.
  await wait(delayMs, undefined, { signal: stopped }).catch(() => undefined);
}
