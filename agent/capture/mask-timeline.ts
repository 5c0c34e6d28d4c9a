import type { Rect } from '../../schemas/types/capture-event.ts';
import { boundsOf, distinctRects } from './dom/rects.ts';

/** A frame whose inside is unknown here: of another origin. */
export interface ForeignFrame {
  /** The same for the same element, whichever frames come and go beside it. */
  readonly frameId: number;
  /** Its place among the frames of the page at that time, as in `page.framePath`. */
  readonly framePath: string;
  readonly rect: Rect;
}

/** What one look at the page saw. */
export interface MaskLook {
  /** What must be covered, CSS pixels of the top viewport. */
  readonly rects: readonly Rect[];
  readonly foreignFrames: readonly ForeignFrame[];
  /** Missing when rectangles say nothing of pixels: the page is pinched to another scale, or has not been painted yet. */
  readonly viewportWidth: number | undefined;
  /** The document holds something to cover and does not know where it stands itself: it is in a frame of another origin. */
  readonly hasUnplaced: boolean;
}

/** Whatever the screen showed of the document between two moments (milliseconds since the Unix epoch, both included) is covered by this look. */
export interface MaskPeriod extends MaskLook {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Without gaps, oldest first: from the beginning of the document until it was asked. */
export type MaskTimeline = readonly MaskPeriod[];

/**
 * What had to be covered when, so that the pixels of one moment are not masked with rectangles of another. Knows nothing of a page. Invariants:
 * - M1 every moment since the document began is in a period: nothing is forgotten; when there are too many, the oldest are made one that covers both;
 * - M2 a look ends what was before only when it is made for a paint. Until then the screen may show the last look that was, so a period holds all looks
 *   from one paint to the next;
 * - M3 what moves between two looks is covered on all its way: the box around every rectangle that is in one look only, when both have some, and around it
 *   as much as it can have turned in between (`slackPx`), for it may swing beyond both places;
 * - M4 what an animation moved while nobody looked was anywhere: from the last look on the period has no known width, so
 *   no picture is proven to be covered by it (V4).
 */
export class MaskTimelineKeeper {
  readonly #maxCount: number;
  #closed: readonly MaskPeriod[] = [];
  /** Since the last paint, with all that was seen later. */
  #open: MaskPeriod;
  #painted: MaskLook;
  #last: MaskLook;
  /** Of what moved between the last two looks, CSS pixels per millisecond. */
  #speed = 0;

  /** `beganAtMs` is when the document began: it has shown nothing before. */
  constructor(beganAtMs: number, first: MaskLook, maxCount = 24) {
    this.#maxCount = maxCount;
    this.#painted = first;
    this.#last = first;
    this.#open = { ...first, fromMs: beganAtMs, untilMs: beganAtMs };
  }

  /** Takes in a look. `isPaint`: the page is about to paint what was seen. `isBlind`: an animation ran since the last look, too long ago to say on what way. */
  add(look: MaskLook, nowMs: number, isPaint: boolean, isBlind = false): void {
    // A clock that was set back must not turn a period around.
    const untilMs = Math.max(nowMs, this.#open.untilMs);
    const elapsedMs = untilMs - this.#open.untilMs;
    // What is animated is looked at more often than this.
    const isMoving = this.#speed > 0 && elapsedMs <= longestSpanMs;
    const slack = this.#slackPx(look, elapsedMs);
    const isSame = isSameLook(this.#open, look) && !isBlind && !isMoving;
    const open = isSame
      ? this.#open
      : { ...joined(this.#open, look, { px: slack, isMoving }), fromMs: this.#open.fromMs, untilMs: this.#open.untilMs };
    if (isBlind) this.#closed = bounded([...this.#closed, open], this.#maxCount);
    this.#open = isBlind ? { ...open, viewportWidth: undefined, fromMs: open.untilMs, untilMs } : { ...open, untilMs };
    if (!isPaint || (isSame && isSameLook(this.#painted, look))) return;
    this.#closed = bounded([...this.#closed, this.#open], this.#maxCount);
    this.#painted = look;
    this.#open = { ...look, fromMs: untilMs, untilMs };
  }

  /** How far beyond two places what moves between them may have been: it turned back at full speed, or was slowed down and pulled back. */
  #slackPx(look: MaskLook, elapsedMs: number): number {
    const spanMs = Math.min(elapsedMs, longestSpanMs);
    // One more: looks give whole pixels.
    const slack = 1 + Math.ceil((this.#speed * spanMs) / 2 + (pullPxPerMs2 * spanMs ** 2) / 8);
    this.#speed = travelPx(this.#last.rects, look.rects) / Math.max(1, elapsedMs);
    this.#last = look;
    return slack;
  }

  /** The look that was painted last is another than this one. */
  isNews(look: MaskLook): boolean {
    return !isSameLook(this.#painted, look);
  }

  timeline(): MaskTimeline {
    return [...this.#closed, this.#open];
  }

  /** Since when the document has held nothing to cover of unknown place; missing when it does. */
  clearSinceMs(): number | undefined {
    const last = this.timeline().findLastIndex(({ hasUnplaced }) => hasUnplaced);
    return this.timeline()[last + 1]?.fromMs;
  }
}

function bounded(periods: readonly MaskPeriod[], maxCount: number): readonly MaskPeriod[] {
  const [first, second, ...rest] = periods;
  if (first === undefined || second === undefined || periods.length <= maxCount) return periods;
  return [{ ...joined(first, second, { px: 0, isMoving: false }), fromMs: first.fromMs, untilMs: second.untilMs }, ...rest];
}

/** More rectangles than this are covered by one: what is that old is hardly in a picture. */
const maxJoinedCount = 300;

/** Of an animation that springs back: a panel of 560 pixels that swings over within 250 ms is pulled by 0.04. */
const pullPxPerMs2 = 0.1;
/** What is not looked at for longer while an animation runs is blind (M4); what else moves, moves once. */
const longestSpanMs = 64;

/** How far beyond its places something may have been, and whether it moved when it was seen last. */
interface Slack {
  readonly px: number;
  readonly isMoving: boolean;
}

function joined(one: MaskLook, other: MaskLook, slack: Slack): MaskLook {
  const rects = distinctRects([...one.rects, ...other.rects, ...wayBetween(one.rects, other.rects, slack)]);
  return {
    rects: rects.length > maxJoinedCount ? boundsOf(rects) : rects,
    foreignFrames: joinedFrames(one.foreignFrames, other.foreignFrames, slack.px),
    viewportWidth: one.viewportWidth === other.viewportWidth ? one.viewportWidth : undefined,
    hasUnplaced: one.hasUnplaced || other.hasUnplaced,
  };
}

/**
 * Which rectangle became which is not known, so it is the box around all that differ. What moved and is now seen where it was seen before has turned back in
 * between: which one is not known either.
 */
function wayBetween(one: readonly Rect[], other: readonly Rect[], { px, isMoving }: Slack): readonly Rect[] {
  const [gone, come] = [missingIn(one, other), missingIn(other, one)];
  if (gone.length > 0 && come.length > 0) return boundsOf([...gone, ...come]).map((way) => grown(way, px));
  return isMoving && come.length === 0 ? other.map((rect) => grown(rect, px)) : [];
}

function grown({ x, y, width, height }: Rect, byPx: number): Rect {
  return { x: x - byPx, y: y - byPx, width: width + 2 * byPx, height: height + 2 * byPx };
}

/** The farthest that one has moved, when the same are seen again in their order; else nothing is known. */
function travelPx(before: readonly Rect[], after: readonly Rect[]): number {
  if (before.length !== after.length) return 0;
  return after.reduce((most, { x, y }, index) => {
    const { x: beforeX, y: beforeY } = before[index] ?? { x, y };
    return Math.max(most, Math.abs(x - beforeX), Math.abs(y - beforeY));
  }, 0);
}

function missingIn(rects: readonly Rect[], others: readonly Rect[]): readonly Rect[] {
  const known = new Set(others.map(keyOf));
  return rects.filter((rect) => !known.has(keyOf(rect)));
}

function joinedFrames(one: readonly ForeignFrame[], other: readonly ForeignFrame[], slackPx: number): readonly ForeignFrame[] {
  // The later path of an element stands last.
  const both = new Map([...one, ...other].map((frame) => [frame.frameId, frame]));
  return [...both.values()].flatMap(({ frameId, framePath }) => {
    const rects = [...one, ...other].filter((frame) => frame.frameId === frameId).map(({ rect }) => rect);
    const isStill = new Set(rects.map(keyOf)).size === 1;
    return boundsOf(rects).map((rect) => ({ frameId, framePath, rect: isStill ? rect : grown(rect, slackPx) }));
  });
}

function isSameLook(one: MaskLook, other: MaskLook): boolean {
  return (
    one.viewportWidth === other.viewportWidth &&
    one.hasUnplaced === other.hasUnplaced &&
    isSameList(one.rects, other.rects, keyOf) &&
    isSameList(one.foreignFrames, other.foreignFrames, ({ frameId, framePath, rect }) => `${frameId}:${framePath}:${keyOf(rect)}`)
  );
}

function isSameList<T>(one: readonly T[], other: readonly T[], key: (item: T) => string): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index] || key(item) === key(other[index] ?? item));
}

const keyOf = ({ x, y, width, height }: Rect): string => `${x},${y},${width},${height}`;
