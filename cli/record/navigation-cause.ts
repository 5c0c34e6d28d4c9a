import { setTimeout as delay } from 'node:timers/promises';
import type { CDPSession } from 'playwright-core';

/** What made a page come: `navigation.cause` of docs/events.md. */
export type NavigationCause = 'link' | 'form' | 'typed' | 'reload' | 'back' | 'forward' | 'script' | 'spa';

/** Knows why the main frame of one page went where it is. */
export interface NavigationWatch {
  /** Cause of the navigation that has just been seen. */
  cause(): Promise<NavigationCause>;
}

/** What Chromium's history says of an entry that nothing else explains (`Page.TransitionType`). */
const typedTransitions: ReadonlySet<string> = new Set([
  'typed',
  'address_bar',
  'auto_bookmark',
  'auto_toplevel',
  'keyword',
  'keyword_generated',
  'generated',
]);
const scriptReasons: ReadonlySet<string> = new Set(['scriptInitiated', 'metaTagRefresh', 'httpHeaderRefresh']);

interface NavigationHistory {
  readonly currentIndex: number;
  readonly entries: readonly { readonly id: number; readonly transitionType: string }[];
}

/** Reads the session history, which tells typed from clicked, and a way back from a new page. */
export async function watchNavigation(session: CDPSession): Promise<NavigationWatch> {
  const known = new Set<number>();
  let lastEntryId = -1;
  let lastIndex = -1;
  /** Why the page itself asked for the navigation that is to start; the person's own ways have none. */
  let asked = '';
  let reason = '';
  let isSameDocument = false;
  let isReload = false;
  await session.send('Page.enable');
  const { frameTree } = await session.send('Page.getFrameTree');
  const isMain = (frameId: string): boolean => frameId === frameTree.frame.id;
  session.on('Page.frameRequestedNavigation', (event) => {
    if (isMain(event.frameId)) asked = event.reason;
  });
  session.on('Page.frameStartedNavigating', ({ frameId, navigationType }) => {
    if (!isMain(frameId)) return;
    isReload = navigationType.startsWith('reload');
    reason = asked;
    asked = '';
  });
  session.on('Page.navigatedWithinDocument', ({ frameId }) => {
    if (isMain(frameId)) isSameDocument = true;
  });
  session.on('Page.frameNavigated', ({ frame }) => {
    if (isMain(frame.id)) isSameDocument = false;
  });
  return {
    cause: async () => {
      const { currentIndex, entries } = await historyOf(session);
      // Read after the answer: what this session has to tell of the navigation came before it.
      const wasWithin = isSameDocument;
      const why = reason;
      reason = '';
      const entry = entries[currentIndex];
      if (entry === undefined) return 'link';
      const isSame = entry.id === lastEntryId;
      const isBack = currentIndex < lastIndex;
      const wasKnown = known.has(entry.id);
      known.add(entry.id);
      lastEntryId = entry.id;
      lastIndex = currentIndex;
      if (wasKnown && !isSame) return isBack ? 'back' : 'forward';
      if (wasWithin) return 'spa';
      if (isReload) return why === '' ? 'reload' : 'script';
      if (entry.transitionType === 'form_submit') return 'form';
      if (typedTransitions.has(entry.transitionType)) return 'typed';
      return scriptReasons.has(why) ? 'script' : 'link';
    },
  };
}

const askAgainMs = 50;
const askCount = 20;

/** While a page is exchanged for the next one there is none to ask, for a moment. */
async function historyOf(session: CDPSession): Promise<NavigationHistory> {
  for (let count = 1; ; count += 1) {
    try {
      return await session.send('Page.getNavigationHistory');
    } catch (error) {
      if (count === askCount || !String(error).includes('Not attached to an active page')) throw error;
      await delay(askAgainMs);
    }
  }
}
