import type { Rect } from '../../schemas/types/capture-event.ts';
import { distinctRects } from './dom/rects.ts';

const keepMs = 400;
/** Looks after changes of the page take at most one part in so many of its time. */
const restFactor = 20;

/**
 * Pixels of one moment must not be masked with rectangles of another: a picture's masks are the union of what was protected
 * during the moment before it and after it. Sampled when the page paints after it was scrolled, written in, or changed.
 */
export interface MaskHistory {
  /** Samples now. */
  sample(): void;
  /** The page changed: samples at its next paint, or as soon as looks have rested enough; a page may change all the time. */
  changed(): void;
  /** Union of the last moment and now. */
  recent(): Rect[];
  stop(): void;
}

export function createMaskHistory(view: Window, read: () => Rect[]): MaskHistory {
  let samples: { readonly atMs: number; readonly rects: readonly Rect[] }[] = [];
  let isScheduled = false;
  let restUntilMs = 0;
  let timer: number | undefined;
  const controller = new AbortController();
  const { signal } = controller;
  const sample = (): void => {
    const atMs = view.performance.now();
    samples = [...samples.filter((old) => atMs - old.atMs < keepMs), { atMs, rects: read() }];
    const endMs = view.performance.now();
    restUntilMs = endMs + (endMs - atMs) * restFactor;
  };
  const atPaint = (): void => {
    view.clearTimeout(timer);
    timer = undefined;
    if (isScheduled || signal.aborted) return;
    isScheduled = true;
    view.requestAnimationFrame(() => {
      isScheduled = false;
      if (!signal.aborted) sample();
    });
  };
  const changed = (): void => {
    if (isScheduled || timer !== undefined) return;
    const restMs = restUntilMs - view.performance.now();
    if (restMs <= 0) atPaint();
    else timer = view.setTimeout(atPaint, restMs);
  };
  for (const name of ['scroll', 'resize', 'input', 'transitionend', 'animationend'] as const)
    view.addEventListener(name, atPaint, { capture: true, passive: true, signal });
  // Of a frame or a picture: it does not reach the window.
  view.document.addEventListener('load', changed, { capture: true, passive: true, signal });
  return {
    sample,
    changed,
    recent: () => {
      sample();
      return distinctRects(samples.flatMap((one) => one.rects));
    },
    stop: () => {
      view.clearTimeout(timer);
      controller.abort();
    },
  };
}
