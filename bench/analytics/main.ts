/**
 * `npm run bench:analytics -- [--rows N] [--folder DIR] [--fill-only]`: does the analyst's page answer in under a second on ten million rows, and what does it cost to keep
 * its counts? Fills an embedded engine (a folder that is there and full is used again), counts its days, counts again after some sessions of one day went on, then asks
 * each report of the largest tenant over all days, `--rounds` times, as the page does. What is not measured: a server, many people at once, a disk that is not in the page cache.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ChildClient } from '../../sinks/clickhouse/child/child-client.ts';
import { migrate } from '../../sinks/clickhouse/migrations.ts';
import { reportSql } from '../../sinks/clickhouse/queries.ts';
import { reportNames, type ReportName } from '../../sinks/ports/analytics.ts';
import { Rollups } from '../../sinks/clickhouse/rollups.ts';
import { environment } from '../environment.ts';
import { fill, largestTenant, touch } from './fill.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000000' },
    days: { type: 'string', default: '90' },
    rounds: { type: 'string', default: '20' },
    folder: { type: 'string' },
    'fill-only': { type: 'boolean', default: false },
  },
});
const [stepCount, dayCount, roundCount] = [Number(values.rows), Number(values.days), Number(values.rounds)];
const touchCount = 5;
const endMs = Date.UTC(2026, 5, 1);
const folder = values.folder ?? (await mkdtemp(join(tmpdir(), 'stepwright-bench-analytics-')));
const client = new ChildClient(folder);

async function number(sql: string): Promise<number> {
  const [row] = await client.query(sql);
  return Number(Object.values(row ?? {})[0] ?? 0);
}

interface Cost {
  readonly seconds: number;
  /** Of the engine, its merges included. */
  readonly cpuSeconds: number;
}

async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const cpuSeconds = () => number("SELECT value / 1e6 FROM system.events WHERE event = 'OSCPUVirtualTimeMicroseconds'");
  const [beganCpu, beganMs] = [await cpuSeconds(), performance.now()];
  await work();
  const [tookMs, tookCpu] = [performance.now() - beganMs, (await cpuSeconds()) - beganCpu];
  return { seconds: Number((tookMs / 1000).toFixed(2)), cpuSeconds: Number(tookCpu.toFixed(2)) };
}

/** Most memory that the engine's process ever had; only Linux says. */
async function peakMiB(): Promise<number | undefined> {
  const status = await readFile(`/proc/${client.pid}/status`, 'utf8').catch(() => '');
  const kiB = /VmHWM:\s+(\d+)/.exec(status)?.[1];
  return kiB === undefined ? undefined : Math.round(Number(kiB) / 1024);
}

await migrate(client);
const isFilled = (await number('SELECT count() FROM stepwright.steps')) >= stepCount;
const filled = isFilled ? undefined : await costOf(() => fill(client, { stepCount, dayCount }, endMs));
if (values['fill-only']) {
  await client.close();
  process.exit();
}
const rollups = new Rollups({ client, marginMs: 0 });
const counted = await costOf(() => rollups.refresh());
const countedPeakMiB = await peakMiB();
/** What the sink does every few seconds: a step of so many sessions of one day has changed. */
const again: Record<string, readonly Cost[]> = { 'nothing changed': [await costOf(() => rollups.refresh())] };
let round = Date.now() % 1_000_000_000;
for (const sessionCount of [1, 100, 1_000]) {
  const costs: Cost[] = [];
  for (let run = 0; run < touchCount; run++) {
    await touch(client, { sessionCount, round: ++round });
    costs.push(await costOf(() => rollups.refresh()));
  }
  again[`sessions of one day: ${sessionCount}`] = costs;
}
again['after a start'] = [await costOf(() => new Rollups({ client, marginMs: 0 }).refresh())];
const rowCount = await number(
  "SELECT sum(total_rows) FROM system.tables WHERE database = 'stepwright' AND name IN ('sessions', 'guides', 'steps', 'usage')",
);

const asked = { tenant: largestTenant, from: endMs - dayCount * 86_400_000, to: endMs, edition: 'live' };
const closing = ' SETTINGS output_format_json_quote_64bit_integers = 0';
const timings: Record<string, { p50Ms: number; p95Ms: number; rows: number }> = {};
const onNoPage: readonly ReportName[] = ['steps', 'usage', 'views'];
const pageReports = reportNames.filter((name) => !onNoPage.includes(name));
const askedTogether = [...reportNames.map((name) => [name, [name]] as const), ["an operator's whole page", pageReports] as const];
for (const [title, names] of askedTogether) {
  const times: number[] = [];
  let rows = 0;
  for (let round = 0; round <= roundCount; round++) {
    const beganMs = performance.now();
    rows = (await Promise.all(names.map((name) => client.query(reportSql(name) + closing, asked)))).flat().length;
    // The first warms up.
    if (round > 0) times.push(performance.now() - beganMs);
  }
  times.sort((left, right) => left - right);
  const at = (share: number): number => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
  timings[title] = { p50Ms: at(0.5), p95Ms: at(0.95), rows };
}

// The counts are those of the rows, straight from them.
const shown = await client.query(`SELECT sum(steps) AS steps FROM (${reportSql('steps')})${closing}`, asked);
const direct = await number(`SELECT uniqExact(session_id, step_id) FROM stepwright.steps WHERE tenant_id = '${largestTenant}'`);
assert.equal(Number(shown[0]?.['steps']), direct);
const slowestMs = Math.max(...Object.values(timings).map(({ p95Ms }) => p95Ms));
console.log(
  JSON.stringify({ ...environment(), rowCount, filled, counted, countedPeakMiB, again, roundCount, slowestMs, timings }, null, 2),
);
await client.close();
if (values.folder === undefined) await rm(folder, { recursive: true });
process.exitCode = slowestMs < 1_000 ? 0 : 1;
