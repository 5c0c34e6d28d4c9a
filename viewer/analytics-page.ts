import { panel, textOf, tile, type Panel, type ReportRow } from './analytics-charts.ts';
import { ApiProblem, readApi } from './api.ts';
import { element, say, showProblem } from './dom.ts';
import { openPage } from './frame.ts';

const dayMs = 86_400_000;
const spans = [7, 30, 90] as const;
const content = openPage('Analytics');
const figures = element('div', { class: 'tiles' });
const panels = element('div', { class: 'panels' });
const shown = element('p', { class: 'quiet', role: 'status' });
const from = element('input', { type: 'date', 'aria-label': 'First day' });
const to = element('input', { type: 'date', 'aria-label': 'Last day' });
const tenant = element('select', { 'aria-label': 'Tenant' });
const filters = element('form', { class: 'toolbar', 'aria-label': 'Filters' });

interface Me {
  readonly tenantId: string;
  readonly operator: boolean;
}

type Answers = ReadonlyMap<string, readonly ReportRow[]>;

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
const operatorReports = ['all-dead-letters', 'processors'] as const;
/** Each load has a number: an answer that comes after a newer question is not shown. */
let lastLoad = 0;

start().catch(showProblem);

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
    ...(me.operator ? [tenant] : []),
    element('button', {}, 'Show'),
  );
  filters.addEventListener('submit', (event) => {
    event.preventDefault();
    load(me).catch(showFailure);
  });
  tenant.addEventListener('change', () => void load(me).catch(showFailure));
  content.append(element('h1', {}, 'Analytics'), filters, shown, figures, panels);
  if (me.operator) await offerTenants(me);
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

async function offerTenants(me: Me): Promise<void> {
  const rows = await report('tenants', me).catch(() => []);
  const others = rows.map((row) => String(row['tenant'])).filter((name) => name !== me.tenantId);
  tenant.append(...others.map((name) => element('option', { value: name }, name)));
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
  if (from.value === '' || to.value === '' || from.value > to.value) return say('Choose a first day that is not after the last one.');
  const names = [...tenantReports, ...(me.operator ? operatorReports : [])];
  const answers: Answers = new Map(await Promise.all(names.map(async (name) => [name, await report(name, me)] as const)));
  if (mine !== lastLoad) return;
  figures.replaceChildren(...tiles(answers));
  panels.replaceChildren(...panelsOf(answers, me).map(panel));
  shown.textContent = `${from.value} to ${to.value}, days in UTC${me.operator ? `, tenant ${tenant.value}` : ''}`;
}

function showFailure(error: unknown): void {
  if (error instanceof ApiProblem && error.status === 503)
    return say('Analytics is off on this server, or its engine does not answer now.');
  showProblem(error);
}

function tiles(answers: Answers): readonly HTMLElement[] {
  const rowsOf = (name: string): readonly ReportRow[] => answers.get(name) ?? [];
  const sum = (name: string, column: string): number => rowsOf(name).reduce((total, row) => total + Number(row[column] ?? 0), 0);
  const stepped = sum('steps-a-session', 'sessions');
  const steps = rowsOf('steps-a-session').reduce((total, row) => total + Number(row['average_steps']) * Number(row['sessions']), 0);
  return [
    tile('sessions', textOf(sum('sessions', 'sessions'))),
    tile('guides', textOf(sum('guides', 'guides'))),
    tile('steps a session', stepped === 0 ? '–' : (steps / stepped).toFixed(1)),
    tile('things redacted', textOf(sum('redactions', 'redacted'))),
    tile('guide views', textOf(sum('watchers', 'views'))),
  ];
}

const day = { name: 'day', title: 'Day' } as const;

function panelsOf(answers: Answers, me: Me): readonly Panel[] {
  const rowsOf = (name: string): readonly ReportRow[] => answers.get(name) ?? [];
  return [
    {
      title: 'Sessions a day',
      about: 'Recordings, by the day on which they were opened.',
      rows: rowsOf('sessions'),
      bars: 'sessions',
      columns: [
        day,
        ...columns({ sessions: 'Sessions', finished: 'Finished', missed_events: 'Missed events', average_seconds: 'Mean length (s)' }),
      ],
    },
    {
      title: 'Guides a day',
      about: 'Finished guides of those recordings.',
      rows: rowsOf('guides'),
      bars: 'guides',
      columns: [day, ...columns({ guides: 'Guides', average_steps: 'Mean steps', average_seconds: 'Mean length (s)' })],
    },
    {
      title: 'Steps a session',
      about: 'Of sessions that have any.',
      rows: rowsOf('steps-a-session'),
      bars: 'average_steps',
      columns: [day, ...columns({ sessions: 'Sessions', average_steps: 'Mean', median_steps: 'Median', p95_steps: '95 %' })],
    },
    {
      title: 'Time to first step',
      about: 'From the opening of a recording to its first step, in seconds.',
      rows: rowsOf('first-step'),
      bars: 'median_seconds',
      columns: [day, ...columns({ sessions: 'Sessions', median_seconds: 'Median', p95_seconds: '95 %' })],
    },
    {
      title: 'Top applications',
      about: 'Where steps were taken.',
      rows: rowsOf('applications'),
      columns: columns({ application: 'Application', steps: 'Steps', sessions: 'Sessions' }),
    },
    {
      title: 'Redactions by kind',
      about: 'What was taken out before anybody could see it.',
      rows: rowsOf('redactions'),
      columns: columns({ kind: 'Kind', redacted: 'Taken out', steps: 'Steps', sessions: 'Sessions' }),
    },
    {
      title: 'Watchers',
      about: 'People who watched a recording live, and who looked at guides.',
      rows: rowsOf('watchers'),
      bars: 'watchers',
      columns: [day, ...columns({ watchers: 'Watchers', watched_sessions: 'Sessions watched', viewers: 'Readers', views: 'Guide views' })],
    },
    tenantLetters(rowsOf('dead-letters')),
    ...(me.operator ? operatorPanels(rowsOf) : []),
  ];
}

function tenantLetters(rows: readonly ReportRow[]): Panel {
  const about = 'Records that could not be processed, of those that say whose they are.';
  return { title: 'Dead letters', about, rows, columns: [day, ...columns({ node: 'Node', code: 'Code', letters: 'Letters' })] };
}

function operatorPanels(rowsOf: (name: string) => readonly ReportRow[]): readonly Panel[] {
  return [
    {
      title: 'Dead letters of all tenants',
      about: 'Of the whole deployment: records that could not be processed; without a tenant where the record did not say whose it was.',
      rows: rowsOf('all-dead-letters'),
      columns: [day, ...columns({ tenant: 'Tenant', node: 'Node', code: 'Code', letters: 'Letters' })],
    },
    {
      title: 'Slowest processors',
      about: 'Of the whole deployment: mean time of a record in each node, without what it forwards to.',
      rows: rowsOf('processors'),
      columns: columns({ node: 'Node', records: 'Records', mean_us: 'Mean (µs)', slowest_ms: 'Slowest (ms)', busy_seconds: 'Busy (s)' }),
    },
  ];
}

function columns(titles: Readonly<Record<string, string>>): Panel['columns'] {
  return Object.entries(titles).map(([name, title]) => ({ name, title }));
}
