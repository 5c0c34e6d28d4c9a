/**
 * Question: what does the ClickHouse sink cost beside a plain client that inserts the same rows into the same tables?
 * Measured: rows of sessions and steps in batches of 2,000, as the runner hands them over; the sink with its plan, tokens and tombstones, once without and once with
 * counting days anew beside it, every second: five times as often as in operation, so that each run has some. What stood before is counted before the clock starts. The loop: one insert a table and batch, nothing else.
 * Not measured: a network, a server with merges of its own (ClickHouse's engine behind HTTP stands in unless an address is given), reports.
 * Run: `npm run services -- up clickhouse`, then `node dist/bench/sinks/analytics.bench.js [URL [USER]]`, password in STEPWRIGHT_CLICKHOUSE_PASSWORD. Writes into the database `stepwright`.
 */
import { createClient } from '@clickhouse/client';
import { randomBytes } from 'node:crypto';
import { chdbHttpAccess, chdbHttpService } from '../../services/clickhouse/chdb-http-service.ts';
import { sessionRow, wholeStepRow, type AnalyticsRow } from '../../sinks/clickhouse/analytics-rows.ts';
import { sampleSerdes } from '../../sinks/clickhouse/contract/analytics-samples.ts';
import { keptDays, keepAll } from '../../sinks/clickhouse/retention.ts';
import { openAnalytics } from '../../sinks/clickhouse/open-analytics.ts';
import type { SinkBatch } from '../../sinks/runner/sink-target.ts';
import { environment, hundredths, spreadOf } from '../environment.ts';
import { planBatches } from './views-plan.ts';

const shape = { sessionCount: 400, roundCount: 150, batchRows: 2_000 };
const runCount = 5;
const tables = ['sessions', 'steps'] as const;
const oftenMs = 1_000;
const neverMs = 2 ** 30;

const running = chdbHttpService.running()?.address;
const address = process.argv[2] ?? `http://${running ?? '127.0.0.1:19558'}`;
const user = process.argv[3] ?? chdbHttpAccess.user;
const password = process.env['STEPWRIGHT_CLICKHOUSE_PASSWORD'] ?? chdbHttpAccess.password;

type Batch = SinkBatch<AnalyticsRow>;
interface Contestant {
  apply(batch: Batch): Promise<void>;
  close(): Promise<void>;
}

/** Numbers of a batch are a place in a topic of its own, so that no run repeats the ranges of another. */
function batchesOf(prefix: string): readonly Batch[] {
  const topic = `bench-${prefix}`;
  let offset = 0n;
  return planBatches(shape, prefix).map(({ sessions, steps }) => {
    const fromOffset = offset;
    const all = [...sessions.map(sessionRow), ...steps.flatMap((step) => wholeStepRow(step, 1_700_000_000_000 + step.atMs) ?? [])];
    const rows = all.map((row) => ({ topic, partition: 0, offset: offset++, row }));
    return { rows, ranges: [{ topic, partition: 0, fromOffset, nextOffset: offset }] };
  });
}

async function openSink(countEveryMs: number): Promise<Contestant> {
  const { target } = openAnalytics({ server: { url: address, user, password, timeoutMs: 60_000 } }, sampleSerdes, { countEveryMs });
  if (target === undefined) throw new Error('analytics is off');
  await (countEveryMs === neverMs ? target.positions() : target.ready());
  return target;
}

function openLoop(): Contestant {
  const client = createClient({ url: address, username: user, password, compression: { request: true, response: true } });
  return {
    apply: async ({ rows }) => {
      for (const table of tables) {
        const values = rows
          .filter(({ row }) => row.table === table)
          .map(({ row }) => ({ ...row.record, keep_days: keptDays(keepAll, row.tenantId) }));
        await client.insert({ table: `stepwright.${table}`, values, format: 'JSONEachRow' });
      }
    },
    close: () => client.close(),
  };
}

/** Rows a second. */
async function timed(open: () => Contestant | Promise<Contestant>): Promise<number> {
  const contestant = await open();
  const [first, ...rest] = batchesOf(randomBytes(4).toString('hex'));
  if (first !== undefined) await contestant.apply(first);
  const startedAtMs = performance.now();
  for (const batch of rest) await contestant.apply(batch);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  await contestant.close();
  return Math.round(rest.reduce((sum, { rows }) => sum + rows.length, 0) / seconds);
}

const results = { loop: new Array<number>(), writes: new Array<number>(), counting: new Array<number>() };
// Makes the tables, and warms both up.
await timed(() => openSink(neverMs));
await timed(openLoop);
for (let run = 0; run < runCount; run++) {
  // By turns, so that a busy minute of the machine strikes all.
  results.loop.push(await timed(openLoop));
  results.writes.push(await timed(() => openSink(neverMs)));
  results.counting.push(await timed(() => openSink(oftenMs)));
}
const ratioOf = (runs: readonly number[]) => spreadOf(runs.map((rate, index) => hundredths(rate / (results.loop[index] ?? 1))));
const report = {
  environment: environment(),
  rowsPerSecond: { loop: spreadOf(results.loop), sink: spreadOf(results.writes), sinkThatCounts: spreadOf(results.counting) },
  ratio: ratioOf(results.writes),
  ratioWithCounting: ratioOf(results.counting),
};
console.log(JSON.stringify(report, undefined, 1));
