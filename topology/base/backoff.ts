export interface BackoffLimits {
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

/** Full jitter: attempt n waits between 0 and `firstDelayMs` · 2ⁿ⁻¹, so that many that failed together do not come back together. */
export function backoffDelayMs(attempt: number, { random, firstDelayMs, maxDelayMs }: BackoffLimits): number {
  const ceilingMs = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(attempt - 1, 30));
  return Math.ceil(random() * ceilingMs);
}
