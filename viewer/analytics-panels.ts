import { textOf, tile, type Panel, type ReportRow } from './analytics-charts.ts';

/** Rows by the report's name. */
export type Answers = ReadonlyMap<string, readonly ReportRow[]>;

/** The figures above the panels. */
export function tilesOf(answers: Answers): readonly HTMLElement[] {
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

/** A panel a report; those of the deployment for operators only. */
export function panelsOf(answers: Answers, isOperator: boolean): readonly Panel[] {
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
      about: 'Where steps were taken: the twenty with most.',
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
    ...(isOperator ? operatorPanels(rowsOf) : []),
  ];
}

function tenantLetters(rows: readonly ReportRow[]): Panel {
  const about = 'Records that could not be processed, of those that say whose they are: the fifty most frequent of each day.';
  return { title: 'Dead letters', about, rows, columns: [day, ...columns({ node: 'Node', code: 'Code', letters: 'Letters' })] };
}

function operatorPanels(rowsOf: (name: string) => readonly ReportRow[]): readonly Panel[] {
  return [
    {
      title: 'Dead letters of all tenants',
      about: 'Of the whole deployment, the fifty most frequent of each day; without a tenant where the record did not say whose it was.',
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
