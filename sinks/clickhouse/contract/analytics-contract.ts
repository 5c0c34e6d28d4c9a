import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasCode, StepwrightError } from '../../../topology/base/errors.ts';
import { revision, sessionRow, stepRow } from '../../contracts/view-fixtures.ts';
import { createBench } from '../../test-support/sink-bench.ts';
import type { SinkRow } from '../../runner/sink-target.ts';
import type { AnalyticsClient } from '../analytics-client.ts';
import type { AnalyticsRow } from '../analytics-rows.ts';
import { migrate, migrations } from '../migrations.ts';
import type { Analytics, AnalyticsOptions } from '../open-analytics.ts';
import { tenantReports } from '../../ports/analytics.ts';
import { reportSql } from '../queries.ts';
import { Rollups } from '../rollups.ts';
import { allTime, readReports, rowsOf, sampleRange, sampleReports, samples } from './analytics-samples.ts';
import { analyticsSink, dyingTarget, encoded, type AnalyticsUnderTest } from './analytics-sink.ts';

type Rows = readonly SinkRow<AnalyticsRow>[];
type Test = (title: string, body: (place: AnalyticsUnderTest) => Promise<void>) => void;

/** What analytics promises on every engine. */
export function analyticsContract(name: string, make: () => Promise<AnalyticsUnderTest>): void {
  const test: Test = (title, body) => {
    it(title, async () => {
      const place = await make();
      try {
        await body(place);
      } finally {
        await place.end();
      }
    });
  };
  describe(`analytics contract: ${name}`, () => {
    repeating(test);
    counting(test);
    keeping(test);
    refusing(test);
  });
}

async function withAnalytics(
  place: AnalyticsUnderTest,
  body: (analytics: Analytics) => Promise<void>,
  options?: AnalyticsOptions,
): Promise<void> {
  const analytics = place.open(options);
  try {
    await body(analytics);
  } finally {
    await analytics.close();
  }
}

async function withClient(place: AnalyticsUnderTest, body: (client: AnalyticsClient) => Promise<void>): Promise<void> {
  const client = place.client();
  try {
    await body(client);
  } finally {
    await client.close();
  }
}

async function applyAll({ target }: Analytics, rows: Rows): Promise<void> {
  await target?.apply({ rows, ranges: [] });
}

function repeating(test: Test): void {
  test('answers every report, per tenant, with numbers that stay right when rows come twice and backwards (A2, R1)', (place) =>
    withAnalytics(place, async (analytics) => {
      const rows = rowsOf(samples);
      await applyAll(analytics, rows);
      assert.deepEqual(await readReports(analytics), sampleReports);
      // One by one and backwards: other blocks, other tokens, the same numbers.
      for (const row of [...rows].reverse()) await applyAll(analytics, [row]);
      assert.deepEqual(await readReports(analytics), sampleReports);
      const {
        'all-dead-letters': letters,
        processors,
        tenants: all,
        ...tenants
      } = await readReports(analytics, { tenantId: "acme' OR 1=1 --" });
      assert.deepEqual(Object.values(tenants).flat(), []);
      assert.deepEqual([letters, processors, all], [sampleReports['all-dead-letters'], sampleReports.processors, sampleReports.tenants]);
      const later = { fromMs: sampleRange.toMs + 86_400_000, toMs: sampleRange.toMs + 2 * 86_400_000 };
      assert.deepEqual(Object.values(await readReports(analytics, { range: later })).flat(), []);
    }));
  test('repeats a planned batch with the same tokens after a restart, and goes on behind it (A1)', async (place) => {
    const ranges = [{ topic: 'guide.steps.v1', partition: 0, fromOffset: 0n, nextOffset: 11n }];
    await withAnalytics(place, async ({ target }) => target?.apply({ rows: rowsOf(samples), ranges }));
    await withAnalytics(place, async (analytics) => {
      assert.deepEqual(await analytics.target?.plannedRanges().then((all) => all.map(({ nextOffset }) => nextOffset)), [11n]);
      assert.deepEqual(await analytics.target?.positions(), [{ topic: 'guide.steps.v1', partition: 0, nextOffset: 11n }]);
      await analytics.target?.apply({ rows: rowsOf(samples), ranges });
      assert.deepEqual(await readReports(analytics), sampleReports);
    });
    await withClient(place, async (client) => {
      // The engine itself dropped the second insert; nothing has merged it away.
      assert.deepEqual(await client.query("SELECT toUInt8(count()) AS rows FROM stepwright.usage WHERE tenant_id = 'acme'"), [{ rows: 3 }]);
    });
  });
  test('dies between two inserts of a batch: the next process inserts that batch again, and the engine drops what stood (A1, S4)', async (place) => {
    const bench = await createBench<AnalyticsRow>(analyticsSink(place));
    await bench.send(encoded(samples));
    const dying = await bench.run({ target: dyingTarget(place.client(), (table) => table !== 'stepwright.dead_letters') });
    await assert.rejects(dying.whenApplied(await bench.ends()), (error) => hasCode(error, 'SINK_FAILED'));
    await dying.close();
    const stored = async (client: AnalyticsClient): Promise<unknown> =>
      client.query(
        "SELECT toUInt8(countIf(tenant_id = 'acme')) AS usage, (SELECT toUInt8(count()) FROM stepwright.dead_letters) AS letters FROM stepwright.usage",
      );
    await withClient(place, async (client) => assert.deepEqual(await stored(client), [{ usage: 3, letters: 0 }]));
    // Other limits: the batch that was begun keeps its boundaries nevertheless.
    await bench.drain({ batchRows: 1, batchBytes: 1 });
    await withAnalytics(place, async (analytics) => assert.deepEqual(await readReports(analytics), sampleReports));
    await withClient(place, async (client) => assert.deepEqual(await stored(client), [{ usage: 3, letters: 2 }]));
    await bench.log.close();
  });
  test('tells each tenant its own numbers, whatever its id holds and however odd the days are', (place) =>
    withAnalytics(place, async (analytics) => {
      const ofZeta = samples.flatMap(({ topic, row }) => ('sessionId' in row ? [{ topic, row: { ...row, tenantId: 'zeta' } }] : []));
      await applyAll(analytics, rowsOf([...samples, ...ofZeta]));
      const own = { ...Object.fromEntries(tenantReports.map((name) => [name, sampleReports[name]])), 'dead-letters': [] };
      for (const range of [sampleRange, allTime, { fromMs: Number.NaN, toMs: 8_640_000_000_000_000 }, { fromMs: -1e15, toMs: Infinity }])
        assert.deepEqual(await readReports(analytics, { tenantId: 'zeta', range, names: tenantReports }), own);
      const none = Object.fromEntries(tenantReports.map((name) => [name, []]));
      for (const tenantId of ["' OR tenant_id != '", "\\' OR 1=1 --", '{tenant:String}', '%', 'ACME', 'acme\0', '🦊'])
        assert.deepEqual(await readReports(analytics, { tenantId, names: tenantReports }), none);
      for (const range of [
        { fromMs: allTime.toMs, toMs: 0 },
        { fromMs: 0, toMs: 0 },
        { fromMs: Infinity, toMs: Infinity },
        { fromMs: Number.NaN, toMs: Number.NaN },
      ])
        assert.deepEqual(await readReports(analytics, { range, names: tenantReports }), none);
    }));
  test('gives an edition its own numbers, and leaves those of the live one alone (R1)', (place) =>
    withAnalytics(place, async (analytics) => {
      await applyAll(analytics, rowsOf(samples));
      const replayed = rowsOf(samples, 1_000).filter(({ row }) => row.table === 'sessions' || row.table === 'steps');
      await applyAll(analytics, replayed.map(inEdition('replay-1')));
      await applyAll(analytics, replayed.map(inEdition('replay-1')).reverse());
      assert.deepEqual(await readReports(analytics), sampleReports);
    }).then(() =>
      withClient(place, async (client) => {
        const asked = { tenant: 'acme', from: sampleRange.fromMs, to: sampleRange.toMs, edition: 'replay-1' };
        const closing = ' SETTINGS output_format_json_quote_64bit_integers = 0';
        assert.deepEqual(await client.query(reportSql('sessions') + closing, asked), sampleReports.sessions);
        assert.deepEqual(await client.query(reportSql('redactions') + closing, asked), sampleReports.redactions);
        assert.deepEqual(await client.query(reportSql('guides') + closing, asked), []);
      }),
    ));
}

function inEdition(edition: string): (row: SinkRow<AnalyticsRow>) => SinkRow<AnalyticsRow> {
  return ({ row, ...at }) => ({ ...at, row: { ...row, record: { ...row.record, edition } } });
}

function counting(test: Test): void {
  test('counts a session on the day of its opening, also when the rest comes after midnight or before the session (R1)', (place) =>
    withAnalytics(place, async (analytics) => {
      const lateMs = Date.UTC(2025, 4, 6, 23, 59, 59);
      const session = { topic: 'guide.sessions.v1', row: sessionRow({ openedAtMs: lateMs, lastEventAtMs: lateMs + 60_000 }) } as const;
      const step = { topic: 'guide.steps.v1', row: stepRow({ atMs: 59_000 }) } as const;
      await applyAll(analytics, rowsOf([step]));
      assert.deepEqual(await analytics.reader.report('acme', 'steps', allTime), []);
      await applyAll(analytics, rowsOf([session], 5));
      assert.deepEqual(await analytics.reader.report('acme', 'first-step', allTime), [
        { day: '2025-05-06', sessions: 1, median_seconds: 59, p95_seconds: 59 },
      ]);
      // A step that is taken out leaves the counts, and one that is brought back is in them again.
      for (const [ordinal, state, stepCount] of [
        [2, 'removed', 0],
        [3, 'final', 1],
      ] as const) {
        await applyAll(
          analytics,
          rowsOf([{ topic: 'guide.steps.v1', row: stepRow({ revision: revision(ordinal), state }) }], 10 + ordinal),
        );
        const counted = await analytics.reader.report('acme', 'steps', allTime);
        assert.equal(counted[0]?.['steps'] ?? 0, stepCount);
      }
    }));
  test('counts a session on another day when a later revision was opened there, and no longer on the first (R1)', (place) =>
    withAnalytics(place, async (analytics) => {
      const firstMs = Date.UTC(2025, 4, 6, 12);
      const opened = (ordinal: number, openedAtMs: number) => ({
        topic: 'guide.sessions.v1' as const,
        row: sessionRow({ openedAtMs, lastEventAtMs: openedAtMs, revision: revision(ordinal) }),
      });
      await applyAll(analytics, rowsOf([opened(1, firstMs), { topic: 'guide.steps.v1', row: stepRow() }]));
      const daysOf = async (): Promise<readonly unknown[]> =>
        (await analytics.reader.report('acme', 'sessions', allTime)).map(({ day, sessions }) => [day, sessions]);
      assert.deepEqual(await daysOf(), [['2025-05-06', 1]]);
      await applyAll(analytics, rowsOf([opened(2, firstMs + 40 * 86_400_000)], 5));
      assert.deepEqual(await daysOf(), [['2025-06-15', 1]]);
      // What was of before comes again, and another session on the first day has that day counted again.
      await applyAll(analytics, rowsOf([opened(1, firstMs)], 9));
      const other = { ...sessionRow({ openedAtMs: firstMs, lastEventAtMs: firstMs }), sessionId: 'other' };
      await applyAll(analytics, rowsOf([{ topic: 'guide.sessions.v1', row: other }], 12));
      assert.deepEqual(await daysOf(), [
        ['2025-05-06', 1],
        ['2025-06-15', 1],
      ]);
      assert.deepEqual(
        (await analytics.reader.report('acme', 'steps', allTime)).map(({ steps }) => steps),
        [1],
      );
    }));
  test('counts a session again that died between its counts and their mark, and one whose days died before they were published (R2, R3)', async (place) => {
    await withAnalytics(place, async (analytics) => {
      await applyAll(analytics, rowsOf(samples));
      await readReports(analytics);
    });
    await withClient(place, async (client) => {
      for (const [stepId, table] of [
        ['second', 'sessions_counted'],
        ['third', 'daily_due'],
        ['fourth', 'daily_names'],
      ] as const) {
        await client.insert('stepwright.steps', [...stepRecords(stepId)], `half counted ${stepId}`);
        await assert.rejects(new Rollups({ client: dyingAt(client, table), marginMs: 0 }).refresh(), (error) =>
          hasCode(error, 'ANALYTICS_FAILED'),
        );
        await new Rollups({ client, marginMs: 0 }).refresh();
        const asked = { tenant: 'acme', from: sampleRange.fromMs, to: sampleRange.toMs, edition: 'live' };
        const [counted] = await client.query(`SELECT toUInt8(sum(steps)) AS steps FROM (${reportSql('steps')})`, asked);
        assert.deepEqual(counted, { steps: 1 + ['second', 'third', 'fourth'].indexOf(stepId) + 1 });
      }
    });
  });
  test('reads the counts of before while new ones are half written, and repeats them after a crash (R2)', async (place) => {
    await withAnalytics(place, async (analytics) => {
      await applyAll(analytics, rowsOf(samples));
      await readReports(analytics);
    });
    await withClient(place, async (client) => {
      await client.insert('stepwright.steps', [...stepRecords('second')], 'half written');
      await assert.rejects(new Rollups({ client: dyingAt(client, 'daily_published'), marginMs: 0 }).refresh(), (error) =>
        hasCode(error, 'ANALYTICS_FAILED'),
      );
      const asked = { tenant: 'acme', from: sampleRange.fromMs, to: sampleRange.toMs, edition: 'live' };
      const steps = `SELECT sum(steps) AS steps FROM (${reportSql('steps')}) SETTINGS output_format_json_quote_64bit_integers = 0`;
      assert.deepEqual(await client.query(steps, asked), [{ steps: 1 }]);
      await new Rollups({ client, marginMs: 0 }).refresh();
      assert.deepEqual(await client.query(steps, asked), [{ steps: 2 }]);
    });
  });
  test('counts a day that changed just now once more, and leaves one that it has counted since (R3)', async (place) => {
    await withAnalytics(place, (analytics) => applyAll(analytics, rowsOf(samples)));
    await withClient(place, async (client) => {
      const patient = new Rollups({ client, marginMs: 3_600_000 });
      await patient.refresh();
      await client.insert('stepwright.steps', [...stepRecords('just now')], 'just now');
      assert.ok((await patient.refresh()) > 0);
      assert.ok((await patient.refresh()) > 0);
      const exact = new Rollups({ client, marginMs: 0 });
      await exact.refresh();
      assert.equal(await exact.refresh(), 0);
    });
  });
  test('counts a day once more when nothing of the moment of its change can come any more, not before and not twice (R3)', (place) =>
    withClient(place, async (client) => {
      await migrate(client);
      // Changed 20 s ago, counted 12 s after it: an insert of 15 s may have come in between.
      const mark = "INSERT INTO stepwright.changes (tenant_id, session_id, day, changed_at) SELECT 'acme', '', toDate('2025-05-06')";
      await client.command(`${mark}, now64(6, 'UTC') - toIntervalSecond(20)`);
      const published = "INSERT INTO stepwright.daily_published (tenant_id, day, generation) SELECT 'acme', toDate('2025-05-06')";
      await client.command(`${published}, toUnixTimestamp64Micro(now64(6, 'UTC') - toIntervalSecond(8))`);
      const counted: number[] = [];
      for (const marginMs of [0, 3_600_000, 15_000, 15_000]) counted.push(await new Rollups({ client, marginMs }).refresh());
      assert.deepEqual(counted, [0, 0, 1, 0]);
    }));
}

/** Dies where a count writes the table. */
function dyingAt(client: AnalyticsClient, table: string): AnalyticsClient {
  return {
    insert: (into, rows, token) => client.insert(into, rows, token),
    close: () => client.close(),
    query: (sql, parameters) => client.query(sql, parameters),
    command: (sql, parameters) =>
      sql.includes(`INTO stepwright.${table} `)
        ? Promise.reject(new StepwrightError('ANALYTICS_FAILED', 'Made to die.', { disposition: 'retry' }))
        : client.command(sql, parameters),
  };
}

/** Rows of one more step of the sample session, as the sink would write them. */
function stepRecords(stepId: string): readonly AnalyticsRow['record'][] {
  const [made] = rowsOf([{ topic: 'guide.steps.v1', row: stepRow({ stepId }) }]);
  return made === undefined ? [] : [{ ...made.row.record, keep_days: 0 }];
}

function keeping(test: Test): void {
  test('keeps the rows of each tenant as long as its policy says, also when the policy changes later', async (place) => {
    const retention = { days: 0, daysOf: new Map([['brief', 30]]) };
    const of = (tenantId: string) => samples.map(({ topic, row }) => ({ topic, row: { ...row, tenantId } }));
    await withAnalytics(
      place,
      async (analytics) => {
        for (const tenantId of ['acme', 'brief']) await applyAll(analytics, rowsOf(of(tenantId)));
        await readReports(analytics);
      },
      { retention },
    );
    await withClient(place, async (client) => {
      await optimize(client);
      assert.deepEqual(await tenantsOf(client), ['acme']);
    });
    // Rows of acme stand; the new default reaches them.
    await withAnalytics(place, async ({ target }) => target?.ready(), { retention: { days: 60, daysOf: new Map() } });
    await withClient(place, async (client) => {
      await optimize(client);
      assert.deepEqual(await tenantsOf(client), []);
    });
  });
  test('migrates an empty engine, however often it is asked at once and by how many, and leaves what then stands alone', async (place) => {
    const clients = Array.from({ length: place.clientCount }, () => place.client());
    const [first] = clients;
    assert.deepEqual(await first?.query("SELECT name FROM system.tables WHERE database = 'stepwright'"), []);
    const versions = await Promise.all([...clients, ...clients].map((client) => migrate(client)));
    assert.deepEqual(new Set(versions), new Set([migrations.at(-1)?.version]));
    for (const client of clients) await client.close();
    await withAnalytics(place, async (analytics) => {
      await applyAll(analytics, rowsOf(samples));
      assert.deepEqual(await readReports(analytics), sampleReports);
    });
    await withClient(place, async (client) => {
      await Promise.all([migrate(client), migrate(client)]);
      assert.deepEqual(await client.query('SELECT DISTINCT version FROM stepwright.migrations ORDER BY version'), [
        { version: 2 },
        { version: 3 },
        { version: 4 },
      ]);
    });
    await withAnalytics(place, async (analytics) => assert.deepEqual(await readReports(analytics), sampleReports));
  });
  test('reads letters of a schema that knew no tenant as those of nobody', async (place) => {
    const letters = rowsOf(samples.filter(({ topic }) => topic === 'dead-letters.v1'));
    await withAnalytics(place, (analytics) => applyAll(analytics, letters));
    await withClient(place, async (client) => {
      await client.command('ALTER TABLE stepwright.dead_letters DROP COLUMN tenant_id SETTINGS alter_sync = 2');
      await client.command('ALTER TABLE stepwright.migrations DELETE WHERE version = 3 SETTINGS mutations_sync = 2');
    });
    await withAnalytics(place, async (analytics) => {
      const found = await readReports(analytics, { names: ['dead-letters', 'all-dead-letters'] });
      // All of nobody: node decides their order.
      const ofNobody = sampleReports['all-dead-letters'].map((row) => ({ ...row, tenant: '' })).toReversed();
      assert.deepEqual(found, { 'dead-letters': [], 'all-dead-letters': ofNobody });
    });
  });
}

const expiring = ['sessions', 'steps', 'guides', 'usage', 'session_counts', 'daily', 'daily_names', 'daily_usage', 'daily_views'];

async function optimize(client: AnalyticsClient): Promise<void> {
  for (const table of expiring) await client.command(`OPTIMIZE TABLE stepwright.${table} FINAL`);
}

async function tenantsOf(client: AnalyticsClient): Promise<readonly unknown[]> {
  const all = expiring.map((table) => `SELECT DISTINCT tenant_id FROM stepwright.${table}`).join(' UNION DISTINCT ');
  return (await client.query(`SELECT tenant_id FROM (${all}) ORDER BY tenant_id`)).map((row) => row['tenant_id']);
}

function refusing(test: Test): void {
  test('says which kind of failure it was, without quoting a value', (place) =>
    withClient(place, async (client) => {
      await migrate(client);
      await assert.rejects(
        client.insert('stepwright.usage', [{ tenant_id: 'a', at: 'canary-value' }], 'token'),
        (error) => hasCode(error, 'ANALYTICS_FAILED') && error.disposition === 'dead-letter' && !error.message.includes('canary'),
      );
    }));
}
