import type { Revision } from '../../schemas/types/guide.ts';

/** Orders two versions of one thing (T4): by ordinal, then timer, then a preview below the final. Negative when `a` is the older one. */
export function compareRevisions(a: Revision, b: Revision): number {
  return a.ordinal - b.ordinal || a.timer - b.timer || Number(a.final) - Number(b.final);
}

/** The one with the highest revision; the first of equals, so that applying twice changes nothing. */
export function newest<Row extends { readonly revision: Revision }>(standing: Row | undefined, next: Row): Row {
  return standing === undefined || compareRevisions(next.revision, standing.revision) > 0 ? next : standing;
}
