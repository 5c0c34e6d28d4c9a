import type { Revision } from './types/guide.ts';

/**
 * Orders two versions of one thing (T4): by ordinal, then timer, then a preview below the final, then words that were sent ahead below the whole. Negative
 * when `a` is the older one.
 */
function compareRevisions(a: Revision, b: Revision): number {
  return (
    a.ordinal - b.ordinal || a.timer - b.timer || Number(a.final) - Number(b.final) || Number(b.ahead === true) - Number(a.ahead === true)
  );
}

/** Whether `next` replaces what stands; equals do not, so that applying twice changes nothing. */
export function isNewer(next: Revision, standing: Revision | undefined): boolean {
  return standing === undefined || compareRevisions(next, standing) > 0;
}

/** The one with the highest revision; the first of equals. */
export function newest<Row extends { readonly revision: Revision }>(standing: Row | undefined, next: Row): Row {
  return standing === undefined || isNewer(next.revision, standing.revision) ? next : standing;
}
