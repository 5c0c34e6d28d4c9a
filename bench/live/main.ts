/**
 * Question: how long after its ack is a step on a watcher's screen, and how fast is a guide read, while one process carries 70 % of what it can?
 * Measured: `stepwright start` in a process of its own; a fleet of sessions in another, open loop, about four events a second each; watchers on 50 of them in a
 * third, which also reads a finished guide 20 times a second. First the load is raised until acks (p99 < 150 ms), completeness, or the chain (live p99 < 1 s) give
 * way; the last load that was carried is what the process can carry. Then 70 % of it. First with a real screenshot (1200 × 750) at every 10th click, where pictures must
 * not fall behind by more than 4 s to count as carried, then without pictures, then with ten times the pictures that the process carried: words and acks must not wait then.
 * With `--log kafka` the same on a broker of the bench's own: `stepwright run` with all roles in one process, or with `--processes two` the processors in a second one.
 * Not measured: a network; more cores than the machine has, which all three processes share, so that "what it can carry" is what this machine's share for the
 * server is; a log that syncs each commit.
 * Rerun: `npm run bench:live -- [--seconds 15] [--start 500] [--load 200] [--plain-load 700] [--out FILE] [--flags "--commit-interval-ms 50"] [--cpu-prof]
 * [--log kafka [--processes two] [--broker-port 19892]] [--parts plain]`; exit 1 when a goal is missed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageVersion } from '../../cli/version.ts';
import { runCommand } from '../server/server-process.ts';
import { isCarried, runLoad, type LoadOptions, type LoadResult } from './load.ts';
import { startPlatform } from './platform-processes.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '15' },
    start: { type: 'string', default: '500' },
    load: { type: 'string' },
    'plain-load': { type: 'string' },
    out: { type: 'string' },
    flags: { type: 'string', default: '' },
    'cpu-prof': { type: 'boolean', default: false },
    log: { type: 'string', default: 'embedded' },
    processes: { type: 'string', default: 'one' },
    'broker-port': { type: 'string', default: '19892' },
    parts: { type: 'string', default: 'pictures,plain' },
  },
});
const searchMs = 5_000;
const growth = 1.5;
/** Of what is carried. */
const share = 0.7;
const pictureEvery = 10;
const goals = { liveP99Ms: 250, readP95Ms: 20 };

const folder = mkdtempSync(join(tmpdir(), 'stepwright-live-'));
const flags = ['--no-analytics', ...values.flags.split(' ').filter((flag) => flag !== '')];
const nodeFlags = values['cpu-prof'] ? ['--cpu-prof', `--cpu-prof-dir=${process.cwd()}`] : [];
const processes = values.processes === 'two' ? 'two' : 'one';
const kafka = values.log === 'kafka' ? { kafka: { processes, brokerPort: Number(values['broker-port']) } as const } : {};
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const platform = await startPlatform({ folder, flags, nodeFlags, ...kafka });
try {
  const token = (await runCommand(folder, ['keys', 'add', '--role', 'admin', '--operator'])).trim();
  const { baseUrl, pids, metricsUrls } = platform;
  await main({ baseUrl, token, pids, metricsUrls, watcherCount: 50, pictureEvery: 0 });
} finally {
  await platform.stop();
  rmSync(folder, { recursive: true, force: true });
}

type Base = Omit<LoadOptions, 'eventsPerSec' | 'durationMs'>;

async function main(base: Base): Promise<void> {
  const search: LoadResult[] = [];
  const durationMs = Number(values.seconds) * 1_000;
  // Its first session is the guide that is read.
  await note(search, { ...base, eventsPerSec: 50, durationMs: 3_000 });
  const read = { ...base, guideId: `fleet-${process.pid}-1-0` };
  const isWanted = (part: string): boolean => values.parts.split(',').includes(part);
  const pictured = { ...read, pictureEvery };
  const withPictures = isWanted('pictures') ? await measureAt(pictured, search, values.load) : undefined;
  const plain = isWanted('plain') ? await measureAt(read, search, values['plain-load']) : undefined;
  const overloaded = withPictures && (await note(search, { ...withPictures.options, pictureEvery: 1, durationMs }));
  const parts = { plain: plain?.result, withPictures: withPictures?.result, overloaded };
  const result = {
    bench: 'live',
    at: new Date().toISOString(),
    version: packageVersion(),
    node: process.version,
    cores: cpus().length,
    log: values.log,
    processes: platform.pids.length,
    flags,
    capacityEventsPerSec: plain?.capacity,
    pictureCapacityEventsPerSec: withPictures?.capacity,
    search: search.slice(1).filter((one) => !Object.values(parts).includes(one)),
    ...parts,
    goals,
    reached: { plain: isReached(parts.plain), withPictures: isReached(parts.withPictures), overloaded: isReached(overloaded) },
  };
  const text = `${JSON.stringify(result, null, 2)}\n`;
  process.stdout.write(text);
  if (values.out !== undefined) writeFileSync(values.out, text);
  process.exitCode = result.reached.plain !== false && result.reached.withPictures !== false ? 0 : 1;
}

interface MeasuredLoad {
  readonly options: LoadOptions;
  readonly result: LoadResult;
  readonly capacity: number;
}

/** At the given load, or at the share of what is found to be carried. */
async function measureAt(base: Base, search: LoadResult[], load: string | undefined): Promise<MeasuredLoad> {
  const capacity = load === undefined ? await findCapacity(base, search) : Number(load) / share;
  const options = { ...base, eventsPerSec: Math.round(capacity * share), durationMs: Number(values.seconds) * 1_000 };
  return { options, result: await note(search, options), capacity: Math.round(capacity) };
}

async function findCapacity(base: Base, search: LoadResult[]): Promise<number> {
  let carried = 0;
  let wanted = Number(values.start);
  for (let step = growth; step > 1.1;) {
    const result = await note(search, { ...base, eventsPerSec: Math.round(wanted), durationMs: searchMs });
    if (isCarried(result)) {
      carried = Math.round(wanted);
      wanted *= step;
    } else {
      step = Math.sqrt(step);
      wanted = carried === 0 ? wanted / 2 : carried * step;
    }
  }
  return carried;
}

async function note(search: LoadResult[], options: LoadOptions): Promise<LoadResult> {
  const result = await runLoad(options);
  search.push(result);
  const { wantedEventsPerSec, ackedEventsPerSec, ackP99Ms, liveP50Ms, liveP99Ms, missedCount, readP95Ms, eventsPerCpuSec } = result;
  const { picturedCount, pictureP50Ms, pictureP99Ms, pictureMissedCount, picturesPendingCount, oldestPictureMs, loopDelayP99Ms } = result;
  process.stderr.write(
    `${wantedEventsPerSec} events/s: ${ackedEventsPerSec} acked, ack p99 ${ackP99Ms} ms, live p50 ${liveP50Ms} p99 ${liveP99Ms} ms, ${missedCount} missed, read p95 ${readP95Ms} ms, ${eventsPerCpuSec} events/CPU-s, loop p99 ${loopDelayP99Ms} ms; ${picturedCount} pictures, p50 ${pictureP50Ms} p99 ${pictureP99Ms} ms, ${pictureMissedCount} not yet, at most ${picturesPendingCount} waiting, oldest ${oldestPictureMs} ms\n`,
  );
  return result;
}

/** Undefined for what was not measured. */
function isReached(result: LoadResult | undefined): boolean | undefined {
  if (result === undefined) return undefined;
  return result.liveP99Ms < goals.liveP99Ms && result.readP95Ms < goals.readP95Ms && result.missedCount === 0;
}
