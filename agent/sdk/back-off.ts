export interface BackOffOptions {
  readonly firstMs: number;
  readonly longestMs: number;
  /** In [0, 1). */
  readonly random: () => number;
}

export const defaultBackOff = { firstMs: 200, longestMs: 30_000 } as const;

/**
 * How long to wait before a try after `failures` failures in a row: a random share of a bound that doubles ("full jitter"), so that a fleet
 * that lost its server does not come back as one. A wait that the server asked for is waited in full, with jitter on top.
 */
export function backOffMs(failures: number, askedMs: number | undefined, { firstMs, longestMs, random }: BackOffOptions): number {
  const bound = Math.min(longestMs, firstMs * 2 ** Math.min(failures, 20));
  return (askedMs ?? 0) + random() * (askedMs === undefined ? bound : Math.min(bound, askedMs));
}
