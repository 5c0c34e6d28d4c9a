import type { Navigation, Tab } from '../../../schemas/types/capture-event.ts';
import { pageOf, type EventMessage } from '../new-step.ts';
import type { StepRun } from '../step-run.ts';
import type { TrackedStep } from '../step-state.ts';

/** A navigation this soon after something the person did is its effect. */
const causedWithinMs = 5000;
/** Causes that are the page's own, unless a person's action explains them. */
const ownCauses: ReadonlySet<string> = new Set(['spa', 'script']);
/** What a person does with the browser's own buttons; what a page asks of the history itself looks the same. */
const browserCauses: ReadonlySet<string> = new Set(['back', 'forward', 'back_forward', 'reload']);

export function onNavigation(run: StepRun, message: EventMessage): void {
  const { navigation } = message.event;
  if (navigation === undefined) return;
  const page = { url: navigation.url, title: navigation.title ?? message.event.page?.title ?? '' };
  run.state = { ...run.state, page };
  if (navigation.cause !== 'spa' && !isSamePageAgain(run, navigation)) run.leavePage(message.atMs);
  const isEffect = isEffectOfAction(run, message, navigation.cause);
  run.state = { ...run.state, arrivedAtMs: message.atMs };
  if (isEffect || ownCauses.has(navigation.cause)) return;
  if (isSamePageAgain(run, navigation)) return run.extend(message);
  const way = browserCauses.has(navigation.cause) ? navigation.cause : undefined;
  run.begin(
    { kind: 'navigate', target: { role: 'document', name: page.title }, elementKey: `page#${page.url}`, page, value: way },
    message,
  );
}

/** One action leads to one page: who goes back, forward or reloads after that does it by the browser's buttons, however soon. */
function isEffectOfAction(run: StepRun, message: EventMessage, cause: string): boolean {
  if (cause === 'typed' || !isCaused(run, message)) return false;
  const { actedAtMs = 0, arrivedAtMs = -Infinity } = run.state;
  return !browserCauses.has(cause) || arrivedAtMs < actedAtMs;
}

function isCaused(run: StepRun, message: EventMessage): boolean {
  const { actedAtMs } = run.state;
  return actedAtMs !== undefined && message.atMs - actedAtMs <= causedWithinMs;
}

/** Recorders may tell the same arrival twice; a reload of a page that has been there for a while is one. */
function isSamePageAgain(run: StepRun, navigation: Navigation): boolean {
  const { last } = run.state;
  if (navigation.cause === 'reload' && last?.state === 'final') return false;
  return last?.kind === 'navigate' && last.state !== 'removed' && last.page?.url === navigation.url;
}

/** A page may be told of before its title is known, when it loads slowly: what is done there next knows it. */
export function nameOpenedPage(run: StepRun, page: { readonly url: string; readonly title: string }, atMs: number): void {
  const { last } = run.state;
  if (page.title === '' || !isUntitled(last) || last.page?.url !== page.url) return;
  run.decorate(last, { page, target: { role: 'document', name: page.title } }, atMs);
}

function isUntitled(last: TrackedStep | undefined): last is TrackedStep {
  return last?.kind === 'navigate' && last.state !== 'removed' && last.page?.title === '';
}

/** Switching is a step; a tab that a click opened comes to the front by itself; closing one is none. */
export function onTab(run: StepRun, message: EventMessage): void {
  const { tab } = message.event;
  if (tab?.change === 'opened') tabOpened(run, message, tab);
  else if (tab?.change === 'activated') tabActivated(run, message, tab);
}

function tabOpened(run: StepRun, message: EventMessage, tab: Tab): void {
  const { openedTabId: _before, ...rest } = run.state;
  run.state = isCaused(run, message) ? { ...rest, openedTabId: tab.tabId } : rest;
}

function tabActivated(run: StepRun, message: EventMessage, tab: Tab): void {
  const page = tab.url === undefined ? pageOf(message.event) : { url: tab.url, title: tab.title ?? '' };
  if (page !== undefined) run.state = { ...run.state, page };
  run.leavePage(message.atMs);
  const { openedTabId, ...rest } = run.state;
  run.state = rest;
  if (openedTabId === tab.tabId && isCaused(run, message)) return;
  const name = tab.title ?? page?.title ?? '';
  run.begin({ kind: 'tab', target: { role: 'tab', name }, elementKey: `tab#${tab.tabId}`, page }, message);
}

/** Desktop: another application came to the front. */
export function onWindow(run: StepRun, message: EventMessage): void {
  const title = message.event.page?.title ?? message.event.target?.name ?? '';
  if (title === '' || title === run.state.windowTitle) return;
  run.state = { ...run.state, windowTitle: title };
  run.begin({ kind: 'window', target: { role: 'window', name: title }, elementKey: `window#${title}` }, message);
}

export function onMarker(run: StepRun, message: EventMessage): void {
  run.begin({ kind: 'note', target: message.event.target, value: message.event.note ?? '' }, message);
}
