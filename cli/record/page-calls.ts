import type { Frame, Page } from 'playwright-core';
import type { ClearFrame } from '../../agent/capture/mask-cover.ts';
import type { MaskTimeline } from '../../agent/capture/mask-timeline.ts';

/** A page that is blocked by a dialog does not answer; it has nothing to say then. */
const answerWithinMs = 1_000;

/** What the documents of a page say of themselves. */
export interface PageWord {
  /** Of the top document, until it was asked; missing when it has not answered. */
  readonly timeline: MaskTimeline | undefined;
  /** Inner frames that hold nothing to cover, nor does any frame inside them. */
  readonly clear: readonly ClearFrame[];
}

/**
 * Asks all frames at once. One that does not answer is not clear. `afterPaints`: the top document speaks after its next two paints. What the screen has scrolled
 * reaches a document when the browser asks it for a paint: the first may have been asked for before the scroll, the second was not.
 */
export async function wordOf(page: Page, { afterPaints = false } = {}): Promise<PageWord> {
  const inner = page.frames().filter((frame) => frame.parentFrame() !== null);
  const timeline = page.mainFrame().evaluate(
    async (paintCount) => {
      for (let count = 0; count < paintCount; count += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
      return window.__stepwright_capture?.maskTimeline();
    },
    afterPaints ? 2 : 0,
  );
  const clear = inner.map((frame) => frame.evaluate(() => window.__stepwright_capture?.clearFrame()));
  const [[ofTop], ofInner] = await Promise.all([answered([timeline]), answered(clear)]);
  const words = new Map(inner.map((frame, index) => [frame, ofInner[index]]));
  return { timeline: ofTop, clear: inner.flatMap((frame) => clearWithAllInside(frame, words) ?? []) };
}

/** Since when a frame and all inside it are clear. */
function clearWithAllInside(frame: Frame, words: ReadonlyMap<Frame, ClearFrame | undefined>): ClearFrame | undefined {
  const own = words.get(frame);
  const inside = frame.childFrames().map((child) => clearWithAllInside(child, words));
  if (own === undefined || inside.includes(undefined)) return undefined;
  return { ...own, sinceMs: Math.max(own.sinceMs, ...inside.map((one) => one?.sinceMs ?? 0)) };
}

/** Makes every frame report what was typed and not yet told. */
export async function flushTyping(page: Page): Promise<void> {
  await answered(page.frames().map((frame) => frame.evaluate(() => window.__stepwright_capture?.flush())));
}

/** Each answer, or undefined for one that did not come in time or will not come. */
async function answered<T>(calls: readonly Promise<T>[]): Promise<(T | undefined)[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), answerWithinMs)));
  const answers = await Promise.all(calls.map((call) => Promise.race([call.catch(() => undefined), late])));
  clearTimeout(timer);
  return answers;
}
