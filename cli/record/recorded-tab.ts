import type { Page } from 'playwright-core';
import { createFrameBuffer, type FrameBuffer } from './frame-buffer.ts';
import { watchNavigation, type NavigationCause } from './navigation-cause.ts';

/** A page under record. Its pictures and causes come later than itself: it may be acted on before they are there. */
export interface RecordedTab {
  readonly page: Page;
  readonly tabId: string;
  readonly frames: Promise<FrameBuffer>;
  /** Why the page is where it is; call it once a navigation, when it is seen. `link` when the page is gone. */
  cause(): Promise<NavigationCause>;
  stop(): Promise<void>;
  /** Where it is; empty before its first web page. */
  url: string;
  /** Something was done in it. */
  isUsed: boolean;
}

export function openTab(page: Page, tabId: string): RecordedTab {
  const session = page.context().newCDPSession(page);
  const watch = session.then(watchNavigation);
  const frames = session.then((open) => createFrameBuffer(page, open));
  // A tab that closed at once has neither; whoever asks is told.
  for (const part of [watch, frames]) part.catch(() => undefined);
  return {
    page,
    tabId,
    frames,
    cause: () => watch.then((one) => one.cause()).catch(() => 'link'),
    stop: () => frames.then((one) => one.stop()).catch(() => undefined),
    url: '',
    isUsed: false,
  };
}

const titleWithinMs = 1_500;

/** Title of a page that has just come, once it is read far enough; applications set theirs a moment after they change the address. */
export async function titleOf(page: Page, isSameDocument: boolean): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => (timer = setTimeout(() => resolve(''), titleWithinMs)));
  const reading = async (): Promise<string> => {
    if (isSameDocument) await page.waitForTimeout(50);
    else await page.waitForLoadState('domcontentloaded');
    return page.title();
  };
  try {
    return await Promise.race([reading().catch(() => ''), late]);
  } finally {
    clearTimeout(timer);
  }
}
