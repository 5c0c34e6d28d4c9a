import { MaskTimelineKeeper, type MaskLook, type MaskTimeline } from './mask-timeline.ts';

/** Looks after changes of the page take at most one part in so many of its time, */
const restFactor = 20;
/** but are never further apart than this: in between a field could come and go unseen. */
const longestRestMs = 120;
/** A running animation is followed this long after it began, and after it has last moved something that is covered. */
const followMs = 1_000;
/** How far an animation can turn in so long is known (M3); a page that is kept busy looks less often, and the animation goes on. */
const blindMs = 64;

/**
 * Looks at what must be covered whenever the page paints after it was scrolled, written in, changed, or while it is animated, and keeps what it saw
 * (M1–M4 of mask-timeline.ts).
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
  const watch = createAnimationWatch(view);
  let timer: number | undefined;
  const controller = new AbortController();
  const { signal } = controller;
  const sample = (isPaint: boolean): void => {
    const beganAtMs = view.performance.now();
    const seen = look();
    const isNews = keeper.isNews(seen);
    const isUnwatched = watch.looked(beganAtMs);
    keeper.add(seen, now(), isPaint, isNews && isUnwatched);
    const endMs = view.performance.now();
    restUntilMs = endMs + Math.min(longestRestMs, (endMs - beganAtMs) * restFactor);
    if (isNews && followUntilMs > beganAtMs) followUntilMs = endMs + followMs;
    if (isPaint ? followUntilMs > endMs : isNews) changed();
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
  const follow = (): void => {
    followUntilMs = view.performance.now() + followMs;
    watch.heard();
  };
  hear(view, { moved, follow, changed, restored }, signal);
  atPaint();
  return {
    changed,
    timeline: () => (sample(false), keeper.timeline()),
    clearSinceMs: () => (sample(false), keeper.clearSinceMs()),
    stop: () => controller.abort(),
  };
}

interface AnimationWatch {
  /** An animation began or turned. */
  heard(): void;
  /** Whether an animation has run since the look before this one, which is too long ago to say on what way. */
  looked(atMs: number): boolean;
}

function createAnimationWatch(view: Window): AnimationWatch {
  let lookedAtMs = view.performance.now();
  /** At the last look, or since. */
  let hasAnimated = false;
  return {
    heard: () => void (hasAnimated = true),
    looked: (atMs) => {
      const isAnimated = view.document.getAnimations().some(({ playState }) => playState === 'running');
      const isUnwatched = atMs - lookedAtMs > blindMs && (hasAnimated || isAnimated);
      lookedAtMs = atMs;
      hasAnimated = isAnimated;
      return isUnwatched;
    },
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
