import type { Outcome } from './outcome.ts';
import type { Contestant } from './scenarios.ts';

/** What one run of one contestant showed. */
export interface Measured {
  readonly contestant: Contestant;
  /** From 1 on. */
  readonly round: number;
  readonly values: Readonly<Record<string, number>>;
  readonly outcome: Outcome | undefined;
  /** Words of the contestant: a wipe, a profile. */
  readonly notes: readonly string[];
}

export function perSecond(count: number, seconds: number): number {
  return Math.round(count / seconds);
}
