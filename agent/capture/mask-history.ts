import { MaskTimelineKeeper, type MaskLook, type MaskTimeline } from './mask-timeline.ts';

/** Looks after changes of the page take at most one part in so many of its time, */
const restFactor = 20;
/** but are never further apart than this: in between a field could come and go unseen. */
const longestRestMs = 120;
/** A running animation is followed this long after it began, and after it has last moved something that is covered. */
const followMs = 1_000;

/**
 * Looks at what must be covered whenever the page paints after it was scrolled, written in, changed, or while it is animated, and keeps what it saw
 * (M1–M3 of mask-timeline.ts).
 */
export interface MaskHistory {
  /** The page changed: looks at its next paint, or as soon as looks have rested enough; a page may change all the time. */
  changed(): void;
  /** Until now: looks. */
  timeline(): MaskTimeline;
  /** Since when the document has held nothing to cover of unknown place; missing when it does. */
  clearSinceMs(): number | undefined;
  stop(): void;
}

export interface MaskHistoryOptions {
  readonly view: Window;
  readonly look: () => MaskLook;
  /** Something was scrolled, written in or animated here: what a document around this one cannot hear. */
  readonly onMoved?: (() => void) | undefined;
}

export function createMaskHistory({ view, look, onMoved }: MaskHistoryOptions): MaskHistory {
  // Pages replace the clock; pictures are told by the real one.
  const { now } = Date;
  let keeper = new MaskTimelineKeeper(now(), look());
  let isScheduled = false;
  let restUntilMs = 0;
  let followUntilMs = 0;
  let timer: number | undefined;
  const controller = new AbortController();
  const { signal } = controller;
  const sample = (isPaint: boolean): void => {
    const beganAtMs = view.performance.now();
    const seen = look();
    const isNews = keeper.isNews(seen);
    keeper.add(seen, now(), isPaint);
    const endMs = view.performance.now();
    restUntilMs = endMs + Math.min(longestRestMs, (endMs - beganAtMs) * restFactor);
    if (isNews && followUntilMs > beganAtMs) followUntilMs = endMs + followMs;
    if (isPaint ? followUntilMs > endMs : isNews) changed();
  };
  const afterLook = (): MaskTimelineKeeper => {
    sample(false);
    return keeper;
  };
  const atPaint = (): void => {
    view.clearTimeout(timer);
    timer = undefined;
    if (isScheduled || signal.aborted) return;
    isScheduled = true;
    view.requestAnimationFrame(() => {
      isScheduled = false;
      if (!signal.aborted) sample(true);
    });
  };
  const changed = (): void => {
    if (isScheduled || timer !== undefined) return;
    const restMs = restUntilMs - view.performance.now();
    if (restMs <= 0) atPaint();
    else timer = view.setTimeout(atPaint, restMs);
  };
  const moved = (): void => {
    atPaint();
    onMoved?.();
  };
  const restored = (): void => {
    // The screen has shown other pages since.
    keeper = new MaskTimelineKeeper(now(), { ...look(), viewportWidth: undefined });
    atPaint();
  };
  const follow = (): void => void (followUntilMs = view.performance.now() + followMs);
  hear(view, { moved, follow, changed, restored }, signal);
  atPaint();
  return {
    changed,
    timeline: () => afterLook().timeline(),
    clearSinceMs: () => afterLook().clearSinceMs(),
    stop: () => controller.abort(),
  };
}

interface Heard {
  readonly moved: () => void;
  readonly follow: () => void;
  readonly changed: () => void;
  /** The document came back as it was left. */
  readonly restored: () => void;
}

function hear(view: Window, { moved, follow, changed, restored }: Heard, signal: AbortSignal): void {
  const listen = (names: readonly string[], listener: () => void, target: EventTarget = view): void => {
    for (const name of names) target.addEventListener(name, listener, { capture: true, passive: true, signal });
  };
  listen(['scroll', 'resize', 'input', 'transitionend', 'transitioncancel', 'animationend', 'animationcancel'], moved);
  listen(['transitionrun', 'animationstart', 'animationiteration'], follow);
  listen(['transitionrun', 'animationstart', 'animationiteration'], moved);
  if (view.visualViewport !== null) listen(['resize', 'scroll'], moved, view.visualViewport);
  // Of a frame or a picture: it does not reach the window.
  listen(['load'], changed, view.document);
  view.addEventListener('pageshow', (event) => void (event.persisted && restored()), { capture: true, signal });
  const firstPaint = new PerformanceObserver(changed);
  firstPaint.observe({ type: 'paint', buffered: true });
  signal.addEventListener('abort', () => firstPaint.disconnect());
}
