import { element, say } from './dom.ts';
import { idFromPath, openPage } from './frame.ts';
import { watchLive } from './live-client.ts';
import { shownSteps, type LiveState, type LiveStep } from './live-state.ts';
import { stepCard } from './step-card.ts';

const sessionId = idFromPath();
const content = openPage('Live');
const title = element('h1', {}, 'Waiting for the recording …');
const status = element('p', { class: 'quiet', role: 'status', 'aria-live': 'polite' });
const notices = element('div');
const list = element('ol', { class: 'steps', 'aria-label': 'Steps' });
content.append(title, status, notices, list);
const shown = new Map<string, { readonly step: LiveStep; readonly number: number; readonly card: HTMLLIElement }>();

watchLive({
  sessionId,
  onState: show,
  onConnection: (isConnected) => {
    document.body.toggleAttribute('data-offline', !isConnected);
    if (!isConnected) say('The connection is down; trying again …');
    else document.querySelector('#status')?.remove();
  },
});

function show(state: LiveState): void {
  if (state.status === 'gone') {
    title.textContent = 'This recording is not there';
    status.textContent = 'It was deleted, or there never was one of this address.';
    list.replaceChildren();
    return;
  }
  const { session } = state;
  const steps = shownSteps(state);
  if (session !== undefined) {
    title.textContent = session.title === '' ? 'Recording' : session.title;
    document.title = `${title.textContent} · Stepwright`;
    status.replaceChildren(...statusParts(session.status, steps.length));
    notices.replaceChildren(...session.warnings.map((warning) => element('p', { class: 'notice' }, warning)));
  }
  showSteps(steps);
}

function statusParts(state: string, stepCount: number): (Node | string)[] {
  const count = stepCount === 1 ? '1 step' : `${stepCount} steps`;
  const isRunning = state === 'recording';
  const pulse = isRunning ? [element('span', { class: 'pulse', 'aria-hidden': 'true' })] : [];
  const link =
    state === 'finished' ? [' · ', element('a', { href: `/guides/${encodeURIComponent(sessionId)}` }, 'open the finished guide')] : [];
  return [...pulse, element('span', { class: `badge ${state}` }, state), ` · ${count}`, ...link];
}

/** Replaces only cards that changed, so that pictures do not flicker and the reader keeps the place. */
function showSteps(steps: readonly LiveStep[]): void {
  const followsEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 120;
  const known = new Set(steps.map((step) => step.stepId));
  for (const [stepId, { card }] of shown) {
    if (known.has(stepId)) continue;
    card.remove();
    shown.delete(stepId);
  }
  steps.forEach((step, index) => {
    const card = cardOf(step, index + 1);
    if (list.children[index] !== card) list.insertBefore(card, list.children[index] ?? null);
  });
  if (followsEnd) scrollTo({ top: document.documentElement.scrollHeight });
}

function cardOf(step: LiveStep, number: number): HTMLLIElement {
  const standing = shown.get(step.stepId);
  if (standing?.step === step && standing.number === number) return standing.card;
  const card = stepCard(step, number, step.state === 'final' ? 'final' : 'provisional');
  if (standing === undefined) card.classList.add('fresh');
  else standing.card.replaceWith(card);
  shown.set(step.stepId, { step, number, card });
  return card;
}
