import type { Frame, Page } from 'playwright-core';
import type { Rect } from '../../schemas/types/capture-event.ts';

/** A page that is blocked by a dialog does not answer; it has nothing to say then. */
const answerWithinMs = 500;

/** What must be covered now, CSS pixels of the top viewport, and how wide that is; the width is missing when the top frame did not answer. */
export interface MasksNow {
  readonly rects: readonly Rect[];
  readonly viewportWidth: number | undefined;
  /** Every inner frame has answered: one that has not may show what nobody else knows of. */
  readonly isComplete: boolean;
}

type FrameMasks = Omit<MasksNow, 'isComplete'>;

/** Protected rectangles of this moment; of a frame of another origin that holds a protected field, the whole frame. */
export async function masksNow(page: Page): Promise<MasksNow> {
  const frames = page.frames();
  const answers = await answered(frames.map(masksOf));
  const known = answers.filter((answer) => answer !== undefined);
  const isComplete = frames.every((frame, index) => answers[index] !== undefined || frame.parentFrame() === null || frame.isDetached());
  const viewportWidth = known.find((answer) => answer.viewportWidth !== undefined)?.viewportWidth;
  return { rects: known.flatMap(({ rects }) => rects), viewportWidth, isComplete };
}

async function masksOf(frame: Frame): Promise<FrameMasks> {
  const { rects, hidden, width } = await frame.evaluate(() => ({
    rects: window.__stepwright_capture?.maskRects() ?? [],
    hidden: window.__stepwright_capture?.hasUnplacedMasks() ?? false,
    width: window.innerWidth,
  }));
  const isTop = frame.parentFrame() === null;
  const viewportWidth = isTop ? width : undefined;
  if (!hidden) return { rects: isTop ? rects : [], viewportWidth };
  const box = await (await frame.frameElement()).boundingBox();
  return { rects: box === null ? [] : [box], viewportWidth };
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
