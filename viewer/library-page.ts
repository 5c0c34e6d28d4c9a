import type { SessionUpsert } from '../schemas/types/guide.ts';
import { listGuides, listSessions, type GuideSummary } from './api.ts';
import { actionButton, element, showProblem } from './dom.ts';
import { openPage } from './frame.ts';
import { imageUrl } from './step-card.ts';

const content = openPage('Library');
const running = element('section', { 'aria-labelledby': 'running' });
const grid = element('ul', { class: 'cards' });
const more = element('div', { class: 'toolbar' });
const search = element('input', { type: 'search', placeholder: 'Search guides', 'aria-label': 'Search guides' });
content.append(
  running,
  element('h1', {}, 'Guides'),
  element('form', { class: 'toolbar', role: 'search' }, search, element('button', {}, 'Search')),
  grid,
  more,
);
content.querySelector('form')?.addEventListener('submit', (event) => {
  event.preventDefault();
  load().catch(showProblem);
});
Promise.all([load(), showRunning()]).catch(showProblem);

async function load(cursor?: string): Promise<void> {
  const query = search.value.trim();
  const page = await listGuides(query, cursor);
  if (cursor === undefined) grid.replaceChildren();
  grid.append(...page.rows.map(guideCard));
  const next = page.cursor;
  more.replaceChildren(...(next === undefined ? [] : [actionButton('Show more', () => load(next))]));
  if (grid.childElementCount === 0)
    more.replaceChildren(
      element('p', { class: 'quiet' }, query === '' ? 'No guide yet. Record one: npx stepwright record URL' : 'Nothing found.'),
    );
}

function guideCard(guide: GuideSummary): HTMLLIElement {
  const picture =
    guide.thumbnailKey === undefined
      ? element('div', { class: 'no-image' }, 'No picture')
      : element('img', { src: imageUrl(guide.thumbnailKey), alt: '', loading: 'lazy' });
  const steps = guide.stepCount === 1 ? '1 step' : `${guide.stepCount} steps`;
  const text = element(
    'div',
    { class: 'text' },
    element('h2', {}, guide.title),
    element('p', { class: 'quiet' }, `${steps} · ${new Date(guide.openedAtMs).toLocaleString()}`),
  );
  return element(
    'li',
    { class: 'card' },
    element('a', { class: 'cover', href: `/guides/${encodeURIComponent(guide.sessionId)}` }, picture, text),
  );
}

async function showRunning(): Promise<void> {
  const { rows } = await listSessions();
  const open = rows.filter((session) => session.status === 'recording' || session.status === 'paused');
  if (open.length === 0) return;
  running.replaceChildren(element('h2', { id: 'running' }, 'Recording now'), element('ul', { class: 'cards' }, ...open.map(sessionCard)));
}

function sessionCard(session: SessionUpsert): HTMLLIElement {
  const text = element(
    'div',
    { class: 'text' },
    element('h2', {}, session.title || 'Untitled recording'),
    element('p', {}, element('span', { class: `badge ${session.status}` }, session.status)),
  );
  return element('li', { class: 'card' }, element('a', { class: 'cover', href: `/live/${encodeURIComponent(session.sessionId)}` }, text));
}
