import { readGuide, type GuideDocument } from './api.ts';
import { actionButton, element, say, showProblem } from './dom.ts';
import { idFromPath, openPage } from './frame.ts';
import { stepCard } from './step-card.ts';

const sessionId = idFromPath();
const content = openPage('Guide');
readGuide(sessionId).then(show, showProblem);

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
