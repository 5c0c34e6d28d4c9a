import type { Guide, SessionUpsert, StepUpsert } from '../../../schemas/types/guide.ts';
import type { DeadLetter, ProcessorTimes, UsageEvent } from '../../../schemas/types/usage.ts';
import type { InputRecord } from '../../../topology/log/log.ts';
import { jsonSerde } from '../../contracts/json-serde.ts';
import { guideRow, revision, sessionRow, stepRow } from '../../contracts/view-fixtures.ts';
import { reportNames, type ReportName, type TimeRange } from '../../ports/analytics.ts';
import type { SinkRow } from '../../runner/sink-target.ts';
import type { AnalyticsRow } from '../analytics-rows.ts';
import { decodeRow } from '../decode-row.ts';
import type { Analytics } from '../open-analytics.ts';

/** JSON in place of Avro, with every topic that analytics reads. */
export const sampleSerdes = {
  'guide.sessions.v1': jsonSerde<SessionUpsert>(),
  'guide.steps.v1': jsonSerde<StepUpsert>(),
  'guide.finished.v1': jsonSerde<Guide>(),
  'usage.events.v1': jsonSerde<UsageEvent>(),
  'processor.times.v1': jsonSerde<ProcessorTimes>(),
};
export const readSampleLetter = ({ value }: InputRecord): DeadLetter => letterSerde.deserialize(value ?? Buffer.alloc(0), Buffer.alloc(0));
const letterSerde = jsonSerde<DeadLetter>();

export const openedAtMs = Date.UTC(2025, 4, 6, 12);
export const sampleRange: TimeRange = { fromMs: openedAtMs - 1000, toMs: openedAtMs + 86_400_000 };
export const allTime: TimeRange = { fromMs: 0, toMs: 4_000_000_000_000 };

export interface Sample {
  readonly topic: keyof typeof sampleSerdes | 'dead-letters.v1';
  readonly row: object;
}

const shop = { url: 'https://shop.example.com/orders?id=1', title: 'Orders' };
const viewed = { tenantId: 'acme', sessionId: 's1', kind: 'guide.viewed', actor: 'ann' } as const;

/** One session of `acme` from the opening to the guide, looked at; each row of a kind that a wrong count would show. */
export const samples: readonly Sample[] = [
  { topic: 'guide.sessions.v1', row: sessionRow({ openedAtMs, title: 'it\'s; a "title"\n\\' }) },
  { topic: 'guide.steps.v1', row: stepRow({ revision: revision(1, false), redactions: [{ kind: 'phone', count: 9 }] }) },
  {
    topic: 'guide.steps.v1',
    row: stepRow({ revision: revision(2), kind: 'type', page: shop, atMs: 1500, redactions: [{ kind: 'e-mail', count: 2 }] }),
  },
  { topic: 'guide.steps.v1', row: stepRow({ stepId: 'gone', state: 'removed', redactions: [{ kind: 'e-mail', count: 5 }] }) },
  {
    topic: 'guide.sessions.v1',
    row: sessionRow({ openedAtMs, revision: revision(9), status: 'finished', missedEvents: 2, lastEventAtMs: openedAtMs + 5000 }),
  },
  { topic: 'guide.finished.v1', row: guideRow({ durationMs: 5000 }) },
  { topic: 'usage.events.v1', row: { ...viewed, eventId: 'e1', atMs: openedAtMs } },
  { topic: 'usage.events.v1', row: { ...viewed, eventId: 'e2', atMs: openedAtMs + 1 } },
  { topic: 'usage.events.v1', row: { ...viewed, eventId: 'e3', kind: 'live.watched', actor: 'bob', atMs: openedAtMs } },
  {
    topic: 'dead-letters.v1',
    row: {
      topic: 'capture.events.v1',
      partition: 3,
      offset: 7,
      node: 'redact',
      taskId: '0_3',
      code: 'SERDE_FAILED',
      message: '',
      atMs: openedAtMs,
      tenantId: 'acme',
    },
  },
  {
    topic: 'dead-letters.v1',
    row: {
      topic: 'processor.times.v1',
      partition: 0,
      offset: 1,
      node: 'sink-analytics',
      taskId: 'sink-analytics',
      code: 'SERDE_FAILED',
      message: '',
      atMs: openedAtMs,
    },
  },
  { topic: 'processor.times.v1', row: { process: 'p1', node: 'redact', atMs: openedAtMs, recordCount: 4, busyUs: 800, slowestUs: 500 } },
];

export const sampleReports: Readonly<Record<ReportName, readonly object[]>> = {
  sessions: [{ day: '2025-05-06', sessions: 1, finished: 1, missed_events: 2, average_seconds: 5 }],
  guides: [{ day: '2025-05-06', guides: 1, average_steps: 1, average_seconds: 5 }],
  'steps-a-session': [{ day: '2025-05-06', sessions: 1, average_steps: 1, median_steps: 1, p95_steps: 1 }],
  'first-step': [{ day: '2025-05-06', sessions: 1, median_seconds: 1.5, p95_seconds: 1.5 }],
  steps: [{ kind: 'type', steps: 1, sessions: 1, with_image: 0 }],
  applications: [{ application: 'shop.example.com', steps: 1, sessions: 1 }],
  redactions: [{ kind: 'e-mail', redacted: 2, steps: 1, sessions: 1 }],
  usage: [
    { kind: 'guide.viewed', events: 2, people: 1, sessions: 1 },
    { kind: 'live.watched', events: 1, people: 1, sessions: 1 },
  ],
  watchers: [{ day: '2025-05-06', watchers: 1, watched_sessions: 1, viewers: 1, views: 2 }],
  views: [{ day: '2025-05-06', session_id: 's1', views: 2, people: 1 }],
  'dead-letters': [{ day: '2025-05-06', node: 'redact', code: 'SERDE_FAILED', letters: 1 }],
  'all-dead-letters': [
    { day: '2025-05-06', tenant: '', node: 'sink-analytics', code: 'SERDE_FAILED', letters: 1 },
    { day: '2025-05-06', tenant: 'acme', node: 'redact', code: 'SERDE_FAILED', letters: 1 },
  ],
  processors: [{ node: 'redact', records: 4, mean_us: 200, slowest_ms: 0.5, busy_seconds: 0 }],
  tenants: [{ tenant: 'acme' }],
};

/** The same for each tenant, one after the other: other records of the log, as tokens are made of offsets. */
export function samplesOf(tenantIds: readonly string[]): readonly Sample[] {
  return tenantIds.flatMap((tenantId) => samples.map(({ topic, row }) => ({ topic, row: { ...row, tenantId } })));
}

/** The samples as the runner hands them over, from offset `firstOffset` on. */
export function rowsOf(all: readonly Sample[], firstOffset = 0): readonly SinkRow<AnalyticsRow>[] {
  return all.flatMap(({ topic, row }, index) => {
    const offset = BigInt(firstOffset + index);
    const record = { offset, key: null, value: Buffer.from(JSON.stringify(row)), timestampMs: openedAtMs, headers: [] };
    const decoded = decodeRow(topic, record, { serdes: sampleSerdes, readLetter: readSampleLetter });
    return decoded === undefined ? [] : [{ topic, partition: 0, offset, row: decoded }];
  });
}

export async function readReports(
  { reader }: Pick<Analytics, 'reader'>,
  {
    tenantId = 'acme',
    range = sampleRange,
    names = reportNames,
  }: { tenantId?: string; range?: TimeRange; names?: readonly ReportName[] } = {},
): Promise<Readonly<Record<string, unknown>>> {
  const found: Record<string, unknown> = {};
  for (const name of names) found[name] = await reader.report(tenantId, name, range);
  return found;
}
