import { daysBetween, panel, type ReportRow } from './analytics-charts.ts';
import { panelsOf, tilesOf, type Answers } from './analytics-panels.ts';
import { ApiProblem, readApi } from './api.ts';
import { element, say, showProblem } from './dom.ts';
import { openPage } from './frame.ts';

const dayMs = 86_400_000;
const spans = [7, 30, 90] as const;
/** What the engine's days can say. */
const [firstDay, lastDay] = ['1970-01-01', '2099-12-31'] as const;
const content = openPage('Analytics');
const figures = element('div', { class: 'tiles' });
const panels = element('div', { class: 'panels' });
const shown = element('p', { class: 'quiet', role: 'status' });
const from = element('input', { type: 'date', 'aria-label': 'First day', min: firstDay, max: lastDay, required: true });
const to = element('input', { type: 'date', 'aria-label': 'Last day', min: firstDay, max: lastDay, required: true });
const tenant = element('select', { 'aria-label': 'Tenant' });
const filters = element('form', { class: 'toolbar', 'aria-label': 'Filters', novalidate: true });

interface Me {
  readonly tenantId: string;
  readonly operator: boolean;
}

const tenantReports = [
  'sessions',
  'guides',
  'steps-a-session',
  'first-step',
  'applications',
  'redactions',
  'watchers',
  'dead-letters',
] as const;
const operatorReports = ['all-dead-letters', 'processors', 'tenants'] as const;
/** Each load has a number: an answer that comes after a newer question is not shown. */
let lastLoad = 0;

start().catch(showFailure);

async function start(): Promise<void> {
  const me = await readApi<Me>('/v1/me');
  showDays(30);
  tenant.append(element('option', { value: me.tenantId }, me.tenantId));
  const presets = spans.map((days) => preset(days, me));
  filters.append(
    ...presets,
    element('span', { class: 'quiet' }, 'or'),
    from,
    '–',
    to,
    ...(me.operator ? [element('span', { class: 'quiet', 'aria-hidden': 'true' }, 'Tenant'), tenant] : []),
    element('button', {}, 'Show'),
  );
  filters.addEventListener('submit', (event) => {
    event.preventDefault();
    load(me).catch(showFailure);
  });
  tenant.addEventListener('change', () => void load(me).catch(showFailure));
  content.append(element('h1', {}, 'Analytics'), filters, shown, figures, panels);
  await load(me);
}

function preset(days: number, me: Me): HTMLButtonElement {
  const button = element('button', { type: 'button' }, `${days} days`);
  button.addEventListener('click', () => {
    showDays(days);
    load(me).catch(showFailure);
  });
  return button;
}

/** Days are UTC, as the counts are. */
function showDays(days: number): void {
  to.value = new Date().toISOString().slice(0, 10);
  from.value = new Date(Date.now() - (days - 1) * dayMs).toISOString().slice(0, 10);
}

/** The own tenant, the chosen one, and all that have anything in the days that are shown. */
function offerTenants(rows: readonly ReportRow[], me: Me): void {
  const chosen = tenant.value;
  const names = new Set([me.tenantId, chosen, ...rows.map((row) => String(row['tenant']))]);
  tenant.replaceChildren(...[...names].map((name) => element('option', { value: name, selected: name === chosen }, name)));
}

async function report(name: string, me: Me): Promise<readonly ReportRow[]> {
  const range = { from: String(Date.parse(from.value)), to: String(Date.parse(to.value) + dayMs) };
  const base = me.operator ? '/v1/operator/analytics/' : '/v1/analytics/';
  const query = new URLSearchParams(me.operator ? { ...range, tenant: tenant.value } : range);
  const { rows } = await readApi<{ readonly rows: readonly ReportRow[] }>(`${base}${name}?${query}`);
  return rows;
}

async function load(me: Me): Promise<void> {
  const mine = ++lastLoad;
  const problem = problemOfDays();
  if (problem !== undefined) return say(problem);
  document.querySelector('#status')?.remove();
  shown.textContent = 'Counting …';
  const names = [...tenantReports, ...(me.operator ? operatorReports : [])];
  const reading = Promise.all(names.map(async (name) => [name, await report(name, me)] as const));
  const read = await reading.catch((error: unknown) => {
    if (mine === lastLoad) throw error;
  });
  if (read === undefined || mine !== lastLoad) return;
  const answers: Answers = new Map(read);
  const days = daysBetween(from.value, to.value);
  offerTenants(answers.get('tenants') ?? [], me);
  figures.replaceChildren(...tilesOf(answers));
  panels.replaceChildren(...panelsOf(answers, me.operator).map((each) => panel(each, days)));
  shown.textContent = `${from.value} to ${to.value}, days in UTC${me.operator ? `, tenant ${tenant.value}` : ''}${emptiness(answers)}`;
}

function problemOfDays(): string | undefined {
  if (from.value === '' || to.value === '') return 'Choose a first and a last day.';
  if (from.value > to.value) return 'Choose a first day that is not after the last one.';
  return from.value < firstDay || to.value > lastDay ? `Choose days from ${firstDay} to ${lastDay}.` : undefined;
}

function emptiness(answers: Answers): string {
  const isEmpty = tenantReports.every((name) => (answers.get(name) ?? []).length === 0);
  return isEmpty ? '. Nothing was recorded, watched or refused in these days: choose others.' : '';
}

/** What stood on the page was of another question. */
function showFailure(error: unknown): void {
  figures.replaceChildren();
  panels.replaceChildren();
  if (error instanceof ApiProblem && error.status === 503)
    say('Analytics is off on this server, or its engine does not answer now. Recording, guides and the live view go on without it.');
  else showProblem(error);
  shown.textContent = 'No numbers for the days above.';
}
