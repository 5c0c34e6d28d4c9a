import type { TitledStep } from './title-state.ts';

/** Reasons come from recorders too: more different ones than this are one line. */
const maxReasonCount = 8;

/**
 * What the reader of a guide should know about its pictures, one line a reason: which are missing and why, and which show an earlier redaction
 * because the original has expired. In the order of the steps, so equal guides have equal warnings (T1).
 */
export function pictureWarnings(entries: readonly TitledStep[]): readonly string[] {
  const counts = new Map<string, number>();
  let otherCount = 0;
  for (const { imageMissing } of entries.map((entry) => entry.step)) {
    if (imageMissing === undefined) continue;
    const count = counts.get(imageMissing) ?? 0;
    if (count === 0 && counts.size >= maxReasonCount) otherCount += 1;
    else counts.set(imageMissing, count + 1);
  }
  const lines = Array.from(counts, ([reason, count]) => `${picturesOf(count)}: ${reason}`);
  return otherCount === 0 ? lines : [...lines, `${picturesOf(otherCount)}: missing for other reasons.`];
}

function picturesOf(count: number): string {
  return count === 1 ? 'Picture of 1 step' : `Pictures of ${count} steps`;
}
