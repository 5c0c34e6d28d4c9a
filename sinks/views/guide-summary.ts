import type { Guide } from '../../schemas/types/guide.ts';
import type { GuideSummary } from '../ports/views.ts';

/** A guide's row in the library. `openedAtMs` comes from the session's row; 0 until that is known. */
export function summarise(guide: Guide, openedAtMs: number): GuideSummary {
  const thumbnailKey = guide.steps.find((step) => step.image !== undefined)?.image?.thumbnailKey;
  const { sessionId, guideId, title, summary } = guide;
  return {
    sessionId,
    guideId,
    title,
    summary,
    stepCount: guide.steps.length,
    openedAtMs,
    ...(thumbnailKey === undefined ? {} : { thumbnailKey }),
  };
}
