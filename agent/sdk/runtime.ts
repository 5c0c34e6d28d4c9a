import type { FetchLike } from './ingest-client.ts';

/** Time and chance, so that tests decide both. */
export interface UploaderRuntime {
  readonly nowMs: () => number;
  /** Resolves after the delay, or as soon as the signal aborts. */
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>;
  /** In [0, 1). */
  readonly random: () => number;
  readonly fetch: FetchLike;
}

/** Of any JavaScript runtime that has `fetch`. */
export const systemRuntime: UploaderRuntime = {
  nowMs: () => Date.now(),
  sleep,
  random: () => Math.random(),
  fetch: (url, init) => fetch(url, init),
};

function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal.addEventListener('abort', done);
  });
}
