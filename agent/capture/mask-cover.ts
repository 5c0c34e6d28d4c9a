import type { Rect } from '../../schemas/types/capture-event.ts';
import { boundsOf, distinctRects } from './dom/rects.ts';
import type { MaskPeriod, MaskTimeline } from './mask-timeline.ts';

/** When the pixels of a picture may have been made, milliseconds since the Unix epoch. */
export interface PaintWindow {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A frame that has said, for itself and all inside it, that it holds nothing to cover. */
export interface ClearFrame {
  readonly framePath: string;
  readonly sinceMs: number;
}

export interface Cover {
  readonly rects: readonly Rect[];
  /** CSS pixels that the picture is wide. */
  readonly viewportWidth: number;
}

/** As many as docs/events.md lets a screenshot have. */
const maxRects = 1_000;

/**
 * What covers a picture of which it is known when it was made, or undefined when nothing can be proven to: then there must be no picture. Invariants:
 * - V1 the timeline of the top document reaches over the whole window; a picture that may be of the document before has no cover;
 * - V2 all that had to be covered at any moment of the window is, and all that the page said for `aheadMs` after it: a scroll is on the screen before a busy
 *   page hears of it;
 * - V3 a frame of another origin is covered whole, wherever it stood in the window, unless it was clear for all of it: one that has not answered, is new,
 *   or cannot be found is covered;
 * - V4 the viewport had one known width for all of the window, or rectangles say nothing of pixels.
 */
export function coverOf(window: PaintWindow, timeline: MaskTimeline, clear: readonly ClearFrame[], aheadMs = 0): Cover | undefined {
  const periods = timeline.filter(({ fromMs, untilMs }) => fromMs <= window.untilMs + aheadMs && untilMs >= window.fromMs);
  const last = timeline.at(-1);
  if (last === undefined || !reachesOver(window, timeline)) return undefined;
  // What begins where the window ends is not in the picture.
  const viewportWidth = commonWidth(periods.filter(({ fromMs }) => fromMs < Math.max(window.untilMs, window.fromMs + 1)));
  if (viewportWidth === undefined) return undefined;
  const clearIds = clearIdsOf(
    last,
    clear.filter(({ sinceMs }) => sinceMs <= window.fromMs),
  );
  const frames = periods.flatMap(({ foreignFrames }) => foreignFrames.filter(({ frameId }) => !clearIds.has(frameId)));
  const rects = distinctRects([...periods.flatMap((period) => period.rects), ...frames.map(({ rect }) => rect)]);
  return { rects: rects.length > maxRects ? boundsOf(rects) : rects, viewportWidth };
}

/** Whether the document was there for all of the window (V1). */
export function reachesOver(window: PaintWindow, timeline: MaskTimeline): boolean {
  const [first, last] = [timeline[0], timeline.at(-1)];
  return first !== undefined && last !== undefined && first.fromMs <= window.fromMs && last.untilMs >= window.untilMs;
}

/** Places change when a frame beside is removed, so they are taken of the time when the frames were asked: the end of the timeline. */
function clearIdsOf({ foreignFrames }: MaskPeriod, clear: readonly ClearFrame[]): ReadonlySet<number> {
  const ids = clear.flatMap(({ framePath }) => {
    const [frame, ...others] = foreignFrames.filter((one) => one.framePath === framePath);
    return frame === undefined || others.length > 0 ? [] : [frame.frameId];
  });
  return new Set(ids);
}

function commonWidth(periods: readonly MaskPeriod[]): number | undefined {
  const [width, ...others] = new Set(periods.map(({ viewportWidth }) => viewportWidth));
  return others.length > 0 ? undefined : width;
}
