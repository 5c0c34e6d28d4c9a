import { element, svgElement } from './dom.ts';

export type ReportRow = Readonly<Record<string, string | number>>;

/** A figure with what it is; the number first, as people look for it. */
export function tile(label: string, value: string): HTMLElement {
  return element('div', { class: 'tile' }, element('strong', {}, value), element('span', { class: 'quiet' }, label));
}

export interface Column {
  readonly name: string;
  readonly title: string;
}

export interface Panel {
  readonly title: string;
  readonly about: string;
  readonly rows: readonly ReportRow[];
  readonly columns: readonly Column[];
  /** Drawn as bars, one a day; a column whose values are numbers. */
  readonly bars?: string;
}

/** A heading, bars where there is something to draw, and the same numbers as a table, which is what a screen reader gets. */
export function panel({ title, about, rows, columns, bars }: Panel, days: readonly string[]): HTMLElement {
  const body = rows.length === 0 ? [element('p', { class: 'quiet' }, 'Nothing in these days.')] : [table(title, rows, columns)];
  const drawing = bars === undefined || rows.length === 0 || days.length < 2 ? [] : [drawBars(rows, bars, days)];
  return element('section', { class: 'panel' }, element('h2', {}, title), element('p', { class: 'quiet' }, about), ...drawing, ...body);
}

const dayMs = 86_400_000;
const mostBars = 400;

/** Every day from the first to the last, both included; none when they are too many to draw. */
export function daysBetween(first: string, last: string): readonly string[] {
  const count = Math.round((Date.parse(last) - Date.parse(first)) / dayMs) + 1;
  if (!(count > 0 && count <= mostBars)) return [];
  return Array.from({ length: count }, (_, index) => new Date(Date.parse(first) + index * dayMs).toISOString().slice(0, 10));
}

const barWidth = 8;
const gap = 2;
const chartHeight = 90;

/** A place for every day, also where nothing was: a gap is a number too. */
function drawBars(rows: readonly ReportRow[], column: string, days: readonly string[]): HTMLElement {
  const byDay = new Map(rows.map((row) => [String(row['day']), Number(row[column] ?? 0)]));
  const values = days.map((day) => byDay.get(day) ?? 0);
  const highest = Math.max(...values);
  const bars = values.map((value, index) => {
    const height = Math.max(value > 0 ? 1 : 0, (value / Math.max(highest, Number.MIN_VALUE)) * chartHeight);
    const bar = { x: index * (barWidth + gap), y: chartHeight - height, width: barWidth, height, rx: 1 };
    return svgElement('rect', bar, svgElement('title', {}, `${days[index] ?? ''}: ${textOf(value)}`));
  });
  const viewBox = `0 0 ${days.length * (barWidth + gap)} ${chartHeight}`;
  // The table beside it says the same.
  return element(
    'div',
    { class: 'chart', 'aria-hidden': 'true' },
    element('p', { class: 'quiet' }, `highest ${textOf(highest)}`),
    svgElement('svg', { class: 'bars', viewBox, preserveAspectRatio: 'none' }, ...bars),
    element('p', { class: 'quiet ends' }, element('span', {}, days[0]), element('span', {}, days.at(-1))),
  );
}

function table(title: string, rows: readonly ReportRow[], columns: readonly Column[]): HTMLElement {
  const kind = (name: string): string | undefined => (name === 'day' ? 'day' : typeof rows[0]?.[name] === 'number' ? 'number' : undefined);
  const head = columns.map(({ name, title: text }) => element('th', { scope: 'col', class: kind(name) }, text));
  const lines = newestFirst(rows).map((row) =>
    element('tr', {}, ...columns.map(({ name }) => element('td', { class: kind(name) }, textOf(row[name])))),
  );
  const body = element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...lines));
  return element('div', { class: 'scroll short', tabindex: 0, role: 'region', 'aria-label': title }, body);
}

/** Days backwards; rows of one day, and rows without any, as they came. */
export function newestFirst(rows: readonly ReportRow[]): readonly ReportRow[] {
  return rows.toSorted((left, right) => String(right['day'] ?? '').localeCompare(String(left['day'] ?? '')));
}

export function textOf(value: string | number | undefined): string {
  return typeof value === 'number' ? value.toLocaleString() : (value ?? '');
}
