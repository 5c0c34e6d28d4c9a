const firstMs = 50;
const longestMs = 10_000;

/** Exponential from 50 ms to 10 s after the n-th failure (from 1), with full jitter above the half. `random` is in [0, 1). */
export function backOffMs(failureCount: number, random: number): number {
  const ceilingMs = Math.min(longestMs, firstMs * 2 ** Math.min(failureCount - 1, 20));
  return ceilingMs / 2 + (ceilingMs / 2) * random;
}
