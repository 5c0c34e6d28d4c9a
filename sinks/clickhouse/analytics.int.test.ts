import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { hasCode } from '../../topology/base/errors.ts';
import { jsonSerde } from '../contracts/json-serde.ts';
import { sinkContract } from '../contracts/sink-contract.ts';
import { guideRow, revision, sessionRow, stepRow } from '../contracts/view-fixtures.ts';
import type { ReportName } from '../ports/analytics.ts';
import type { SinkRow } from '../runner/sink-target.ts';
import type { AnalyticsRow } from './analytics-rows.ts';
import { ChildClient } from './child/child-client.ts';
import { migrate } from './migrations.ts';
import { openAnalytics } from './open-analytics.ts';
import type { Analytics } from './open-analytics.ts';

const serdes = {
  'guide.sessions.v1': jsonSerde<never>(),
  'guide.steps.v1': jsonSerde<never>(),
  'guide.finished.v1': jsonSerde<never>(),
  'usage.events.v1': jsonSerde<never>(),
};
const openedAtMs = Date.UTC(2025, 4, 6, 12);
const range = { fromMs: openedAtMs - 1000, toMs: openedAtMs + 86_400_000 };
const reportNames: readonly ReportName[] = ['sessions', 'steps', 'guides', 'usage', 'redactions', 'views'];
const isInstalled = openAnalytics({ folder: 'unused' }, serdes).reader.available;
const skip = isInstalled ? false : 'the optional package chdb is not installed';

interface Sample {
  readonly topic: keyof typeof serdes;
  readonly row: object;
}

const samples: readonly Sample[] = [
  { topic: 'guide.sessions.v1', row: sessionRow({ openedAtMs, title: 'it\'s; a "title"\n\\' }) },
  { topic: 'guide.steps.v1', row: stepRow({ revision: revision(1, false), redactions: [{ kind: 'phone', count: 9 }] }) },
  { topic: 'guide.steps.v1', row: stepRow({ revision: revision(2), kind: 'type', redactions: [{ kind: 'e-mail', count: 2 }] }) },
  { topic: 'guide.steps.v1', row: stepRow({ stepId: 'gone', state: 'removed', redactions: [{ kind: 'e-mail', count: 5 }] }) },
  {
    topic: 'guide.sessions.v1',
    row: sessionRow({ openedAtMs, revision: revision(9), status: 'finished', missedEvents: 2, lastEventAtMs: openedAtMs + 5000 }),
  },
  { topic: 'guide.finished.v1', row: guideRow({ durationMs: 5000 }) },
  {
    topic: 'usage.events.v1',
    row: { tenantId: 'acme', sessionId: 's1', eventId: 'e1', kind: 'guide.viewed', atMs: openedAtMs, actor: 'ann' },
  },
  {
    topic: 'usage.events.v1',
    row: { tenantId: 'acme', sessionId: 's1', eventId: 'e2', kind: 'guide.viewed', atMs: openedAtMs + 1, actor: 'ann' },
  },
];

async function reports(analytics: Analytics, tenantId = 'acme', span = range): Promise<Readonly<Record<string, unknown>>> {
  const found: Record<string, unknown> = {};
  for (const name of reportNames) found[name] = await analytics.reader.report(tenantId, name, span);
  return found;
}

function rowsOf(analytics: Analytics, all: readonly Sample[]): readonly SinkRow<AnalyticsRow>[] {
  return all.flatMap(({ topic, row }, index) => {
    const record = { offset: BigInt(index), key: null, value: Buffer.from(JSON.stringify(row)), timestampMs: openedAtMs, headers: [] };
    const decoded = analytics.target?.decode(topic, record);
    return decoded === undefined ? [] : [{ topic, partition: 0, offset: record.offset, row: decoded }];
  });
}

async function withAnalytics(body: (analytics: Analytics, reopen: () => Promise<Analytics>) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'stepwright-analytics-'));
  let analytics = openAnalytics({ folder }, serdes);
  try {
    await body(analytics, async () => {
      await analytics.close();
      analytics = openAnalytics({ folder }, serdes);
      return analytics;
    });
  } finally {
    await analytics.close();
    await rm(folder, { recursive: true });
  }
}

describe('analytics on the embedded engine', { skip }, () => {
  it('answers every report, per tenant, with numbers that stay right when rows come twice (A2)', () =>
    withAnalytics(async (analytics) => {
      const rows = rowsOf(analytics, samples);
      await analytics.target?.apply({ rows, ranges: [] });
      const wanted = {
        sessions: [{ day: '2025-05-06', sessions: 1, finished: 1, missed_events: 2, average_seconds: 5 }],
        steps: [{ kind: 'type', steps: 1, sessions: 1, with_image: 0 }],
        guides: [{ day: '2025-05-06', guides: 1, average_steps: 1, average_seconds: 5 }],
        usage: [{ kind: 'guide.viewed', events: 2, people: 1, sessions: 1 }],
        redactions: [{ kind: 'e-mail', redacted: 2, steps: 1, sessions: 1 }],
        views: [{ day: '2025-05-06', session_id: 's1', views: 2, people: 1 }],
      };
      assert.deepEqual(await reports(analytics), wanted);
      // One by one and backwards: other blocks, other tokens, the same numbers.
      for (const row of [...rows].reverse()) await analytics.target?.apply({ rows: [row], ranges: [] });
      assert.deepEqual(await reports(analytics), wanted);
      for (const other of ['acme2', "acme' OR 1=1 --", '']) {
        assert.deepEqual(Object.values(await reports(analytics, other)).flat(), [], other);
      }
      const later = { fromMs: range.toMs, toMs: range.toMs + 86_400_000 };
      assert.deepEqual(Object.values(await reports(analytics, 'acme', later)).flat(), []);
    }));

  it('migrates once, however often it is asked', () =>
    withAnalytics(async (analytics, reopen) => {
      await analytics.target?.apply({ rows: rowsOf(analytics, samples), ranges: [] });
      const before = await reports(analytics);
      const again = await reopen();
      await again.target?.ready();
      assert.deepEqual(await reports(again), before);
    }));

  it('repeats a planned batch with the same tokens after a restart, so the engine stores it once (A1)', () =>
    withAnalytics(async (analytics, reopen) => {
      const ranges = [{ topic: 'guide.steps.v1', partition: 0, fromOffset: 0n, nextOffset: 8n }];
      await analytics.target?.apply({ rows: rowsOf(analytics, samples), ranges });
      const again = await reopen();
      assert.deepEqual(
        (await again.target?.plannedRanges())?.map(({ fromOffset, nextOffset }) => [fromOffset, nextOffset]),
        [[0n, 8n]],
      );
      assert.deepEqual(await again.target?.positions(), [{ topic: 'guide.steps.v1', partition: 0, nextOffset: 8n }]);
      await again.target?.apply({ rows: rowsOf(again, samples), ranges });
      assert.deepEqual((await reports(again))['usage'], [{ kind: 'guide.viewed', events: 2, people: 1, sessions: 1 }]);
    }));

  it('comes back with the next call when the engine died', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stepwright-analytics-'));
    const client = new ChildClient(folder);
    await migrate(client);
    const { pid } = client;
    assert.ok(pid !== undefined);
    const dying = client.query('SELECT sleep(3)');
    process.kill(pid, 'SIGKILL');
    await assert.rejects(dying, (error) => hasCode(error, 'ANALYTICS_FAILED') && error.disposition === 'retry');
    assert.deepEqual(await client.query('SELECT 1 AS one'), [{ one: 1 }]);
    await client.close();
    await rm(folder, { recursive: true });
  });

  it('says which kind of failure it was, without quoting a value', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stepwright-analytics-'));
    const client = new ChildClient(folder);
    await migrate(client);
    await assert.rejects(
      client.insert('stepwright.usage', [{ tenant_id: 'a', at: 'canary-value' }], 'token'),
      (error) => hasCode(error, 'ANALYTICS_FAILED') && error.disposition === 'dead-letter' && !error.message.includes('canary'),
    );
    await client.close();
    await rm(folder, { recursive: true });
  });
});

if (isInstalled) {
  const opened: Analytics[] = [];
  after(() => Promise.all(opened.map((analytics) => analytics.close())));
  sinkContract<AnalyticsRow>(
    'analytics',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'stepwright-analytics-'));
      return {
        open: async () => {
          const { target } = openAnalytics({ folder }, serdes);
          assert.ok(target !== undefined);
          return target;
        },
        effect: async () => {
          const analytics = openAnalytics({ folder }, serdes);
          const found = await reports(analytics, 'acme', { fromMs: 0, toMs: 4_000_000_000_000 });
          await analytics.close();
          return found;
        },
        end: () => rm(folder, { recursive: true }),
      };
    },
    async () => ({ values: samples.map(({ topic, row }) => ({ topic, value: Buffer.from(JSON.stringify(row)) })) }),
  );
}
