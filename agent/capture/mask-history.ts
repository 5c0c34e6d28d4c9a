import type { Rect } from '../../schemas/types/capture-event.ts';
import { distinctRects } from './dom/rects.ts';

const keepMs = 400;

/**
 * Pixels of one moment must not be masked with rectangles of another: a picture's masks are the union of what was protected
 * during the moment before it and after it. Sampled when the page paints after a change; cheap when nothing is protected.
 */
export interface MaskHistory {
  /** Samples now. */
  sample(): void;
  /** Union of the last moment and now. */
  recent(): Rect[];
  stop(): void;
}

export function createMaskHistory(view: Window, read: () => Rect[]): MaskHistory {
  let samples: { readonly atMs: number; readonly rects: readonly Rect[] }[] = [];
  let scheduled = false;
  const sample = (): void => {
    const atMs = view.performance.now();
    samples = [...samples.filter((old) => atMs - old.atMs < keepMs), { atMs, rects: read() }];
  };
  const onChange = (): void => {
    if (scheduled) return;
    scheduled = true;
    view.requestAnimationFrame(() => {
      scheduled = false;
      sample();
    });
  };
  const names = ['scroll', 'resize', 'input', 'transitionend', 'animationend'] as const;
  for (const name of names) view.addEventListener(name, onChange, { capture: true, passive: true });
  return {
    sample,
    recent: () => {
      sample();
      return distinctRects(samples.flatMap((one) => one.rects));
    },
    stop: () => {
      for (const name of names) view.removeEventListener(name, onChange, { capture: true });
    },
  };
}
