import { reportSql, type ReportScope } from '../../../sinks/clickhouse/queries.ts';
import type { ReportName } from '../../../sinks/ports/analytics.ts';
import { lines, type Board, type BoardRow, type SqlPanel } from './board.ts';

/** The page's tenant and span, as Grafana puts them into SQL: a quoted text, and milliseconds. */
export const boardScope: ReportScope = {
  tenant: 'tenant_id = ${tenant:sqlstring}',
  firstDay: 'toDate(fromUnixTimestamp64Milli(toInt64(${__from})))',
  lastDay: 'toDate(fromUnixTimestamp64Milli(toInt64(${__to})))',
  edition: "'live'",
};

function report(name: ReportName, panel: Omit<SqlPanel, 'sql'>): SqlPanel {
  return { ...panel, sql: reportSql(name, boardScope) };
}

const now: BoardRow = {
  title: 'Now, all tenants',
  panels: [
    lines({
      title: 'Open live pages',
      description: 'Watchers of all gateways.',
      unit: 'short',
      queries: [{ expr: 'sum(stepwright_gateway_live_watchers)', legend: 'watchers' }],
    }),
    lines({
      title: 'Finished guides',
      description: 'Guides that reached the object store.',
      unit: 'short',
      queries: [{ expr: 'sum(increase(stepwright_sink_applied_total{sink="guides"}[$__rate_interval]))', legend: 'guides' }],
    }),
  ],
};

const made: BoardRow = {
  title: 'Recorded and made, by day',
  panels: [
    report('sessions', {
      kind: 'bars',
      title: 'Sessions a day',
      description: 'Recordings by the day of their first event; finished ones beside them.',
      unit: 'short',
      columns: { name: 'day', drawn: ['sessions', 'finished'] },
    }),
    report('guides', {
      kind: 'bars',
      title: 'Guides a day',
      description: 'Finished guides by the day of their recording.',
      unit: 'short',
      columns: { name: 'day', drawn: ['guides'] },
    }),
    report('steps-a-session', {
      kind: 'bars',
      title: 'Steps a session',
      description: 'How long recordings are: the middle one and the longest twentieth.',
      unit: 'short',
      columns: { name: 'day', drawn: ['median_steps', 'p95_steps'] },
    }),
    report('first-step', {
      kind: 'bars',
      title: 'Time to the first step',
      description: 'From the opening of a recording to its first step.',
      unit: 's',
      columns: { name: 'day', drawn: ['median_seconds', 'p95_seconds'] },
    }),
  ],
};

const content: BoardRow = {
  title: 'What is in them',
  panels: [
    report('steps', {
      kind: 'bars',
      title: 'Steps by kind',
      description: 'Of all sessions of the span.',
      unit: 'short',
      columns: { name: 'kind', drawn: ['steps'] },
    }),
    report('applications', { kind: 'table', title: 'Top applications', description: 'The twenty with most steps.', unit: 'short' }),
    report('redactions', {
      kind: 'bars',
      title: 'Redactions by kind',
      description: 'What was hidden before anybody saw it.',
      unit: 'short',
      columns: { name: 'kind', drawn: ['redacted'] },
    }),
    report('usage', { kind: 'table', title: 'Use by kind', description: 'What people did with guides.', unit: 'short' }),
  ],
};

const readers: BoardRow = {
  title: 'Who looks at them',
  panels: [
    report('watchers', {
      kind: 'bars',
      title: 'Watchers and readers a day',
      description: 'People who watched a recording live, and who opened a finished guide.',
      unit: 'short',
      columns: { name: 'day', drawn: ['watchers', 'viewers'] },
    }),
    report('dead-letters', {
      kind: 'table',
      title: 'Dead letters by day',
      description: 'Records that could not be processed, of those that say whose they are: the fifty most frequent of each day.',
      unit: 'short',
    }),
    report('views', { kind: 'table', title: 'Most viewed guides', description: 'The hundred most viewed of each day.', unit: 'short' }),
  ],
};

const platform: BoardRow = {
  title: 'The platform, all tenants',
  panels: [
    report('processors', {
      kind: 'table',
      title: 'Slowest processors',
      description: 'Time of each node for a record, its children not counted, slowest first.',
      unit: 'short',
    }),
    report('all-dead-letters', {
      kind: 'table',
      title: 'Dead letters by day and tenant',
      description:
        'Records that could not be processed, by node and code, the fifty most frequent of each day: stepwright dead-letters list.',
      unit: 'short',
    }),
  ],
};

/** For whoever answers for the product; the SQL is that of the viewer's analytics page. */
export const productBoard: Board = {
  uid: 'stepwright-product',
  title: 'Stepwright: product',
  description: 'What is recorded, made and looked at, of one tenant.',
  rows: [now, made, content, readers, platform],
  hasTenant: true,
};
