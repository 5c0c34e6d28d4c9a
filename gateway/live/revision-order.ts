import type { Revision } from '../../schemas/types/guide.ts';

/** T4: by ordinal, then timer, then a preview below the final. */
export function isNewer(left: Revision, right: Revision | undefined): boolean {
  if (right === undefined) return true;
  return (left.ordinal - right.ordinal || left.timer - right.timer || Number(left.final) - Number(right.final)) > 0;
}
