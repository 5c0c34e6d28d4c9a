/** Records behind at which agents begin to be slowed down. */
const lagFreeCount = 5_000;
/** … and how full a task's buffer of records that wait for pictures is. Full, it takes no more input: agents should have slowed down before. */
const freeAsyncShare = 0.25;
const longestDelayMs = 5_000;

export interface Backlog {
  /** Of the whole group, whoever owns the tasks. */
  readonly lagCount: number;
  /** Of the fullest task of this process: 1 when it admits no input because of what waits for pictures. */
  readonly asyncShare: number;
}

/** Milliseconds that agents should wait between batches. A process without tasks sees only the lag, which grows once a task admits no input. */
export function slowDownMs({ lagCount, asyncShare }: Backlog): number {
  const lagMs = Math.max(0, lagCount - lagFreeCount) / 10;
  const asyncMs = (Math.max(0, asyncShare - freeAsyncShare) / (1 - freeAsyncShare)) * longestDelayMs;
  return Math.min(longestDelayMs, Math.round(Math.max(lagMs, asyncMs)));
}
