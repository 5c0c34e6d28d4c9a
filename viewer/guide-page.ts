import { ApiProblem, readGuide, type GuideDocument } from './api.ts';
import { actionButton, element, say } from './dom.ts';
import { idFromPath, openPage } from './frame.ts';
import { stepCard } from './step-card.ts';

const sessionId = idFromPath();
const content = openPage('Guide');
readGuide(sessionId).then(show, showMissing);

function show(guide: GuideDocument): void {
  document.title = `${guide.title} · Stepwright`;
  content.replaceChildren(
    element('h1', {}, guide.title),
    element('p', { class: 'quiet' }, guide.summary),
    toolbar(guide),
    ...notices(guide).map((notice) => element('p', { class: 'notice' }, notice)),
    element('ol', { class: 'steps' }, ...guide.steps.map((step, index) => stepCard(step, index + 1, 'final'))),
  );
}

/** In the place of the guide: what is wrong, and where to go from here. */
function showMissing(error: unknown): void {
  const status = error instanceof ApiProblem ? error.status : 0;
  const live = element('a', { href: `/live/${encodeURIComponent(sessionId)}` }, 'its live page');
  const [heading, ...text] =
    status === 404
      ? [
          'There is no such guide',
          'Nothing was recorded under this address, or the recording is still running: then ',
          live,
          ' shows its steps.',
        ]
      : status === 410
        ? ['This guide was deleted', 'Its steps and pictures are gone for good.']
        : ['The guide cannot be shown', error instanceof Error ? error.message : 'Reload the page.'];
  document.title = `${heading} · Stepwright`;
  content.replaceChildren(
    element('h1', {}, heading),
    element('p', { role: 'alert' }, ...text),
    element('p', {}, element('a', { href: '/' }, 'All guides')),
  );
}

function toolbar(guide: GuideDocument): HTMLElement {
  const address = `/v1/guides/${encodeURIComponent(sessionId)}`;
  return element(
    'div',
    { class: 'toolbar' },
    actionButton('Copy to clipboard', () => copy(guide)),
    actionButton('Print', () => window.print()),
    ...['html', 'md', 'json'].map((format) =>
      element('a', { class: 'button', href: `${address}?format=${format}&download=1` }, format.toUpperCase()),
    ),
  );
}

function notices(guide: GuideDocument): string[] {
  const missed = guide.missedEvents === 0 ? [] : [`${guide.missedEvents} recorded events never arrived: a step may be missing.`];
  const hidden = guide.redactions.map(({ kind, count }) => `${count} × ${kind}`).join(', ');
  return [...missed, ...guide.warnings, ...(hidden === '' ? [] : [`Hidden in this guide: ${hidden}.`])];
}

/** As rich text for editors and as plain text for everything else. */
async function copy(guide: GuideDocument): Promise<void> {
  const lines = guide.steps.map((step, index) => `${index + 1}. ${step.title}`);
  const list = element(
    'div',
    {},
    element('h1', {}, guide.title),
    element('ol', {}, ...guide.steps.map((step) => element('li', {}, step.title))),
  );
  const item = new ClipboardItem({
    'text/plain': new Blob([`${guide.title}\n\n${lines.join('\n')}\n`], { type: 'text/plain' }),
    'text/html': new Blob([list.innerHTML], { type: 'text/html' }),
  });
  await navigator.clipboard.write([item]);
  say('Copied: paste it into a document or a chat.');
}
