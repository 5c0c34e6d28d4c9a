/**
 * Question: how long after its ack is a step on a watcher's screen, and how fast is a guide read, while one process carries 70 % of what it can?
 * Measured: `stepwright start` in a process of its own; a fleet of sessions in another, open loop, about four events a second each; watchers on 50 of them in a
 * third, which also reads a finished guide 20 times a second. First the load is raised until acks (p99 < 150 ms), completeness, or the chain (live p99 < 1 s) give
 * way; the last load that was carried is what the process can carry. Then 70 % of it. First with a real screenshot (1200 × 750) at every 10th click, where pictures must
 * not fall behind by more than 4 s to count as carried, then without pictures, then with ten times the pictures that the process carried: words and acks must not wait then.
 * Not measured: a network; more cores than the machine has, which all three processes share, so that "what it can carry" is what this machine's share for the
 * server is; a log that syncs each commit.
 * Rerun: `npm run bench:live -- [--seconds 15] [--start 500] [--load 200] [--plain-load 700] [--out FILE] [--flags "--commit-interval-ms 50"] [--cpu-prof]`; exit 1 when a goal is missed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageVersion } from '../../cli/version.ts';
import { freePort } from '../../services/free-port.ts';
import { runCommand, startServerProcess } from '../server/server-process.ts';
import { isCarried, runLoad, type LoadOptions, type LoadResult } from './load.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '15' },
    start: { type: 'string', default: '500' },
    load: { type: 'string' },
    'plain-load': { type: 'string' },
    out: { type: 'string' },
    flags: { type: 'string', default: '' },
    'cpu-prof': { type: 'boolean', default: false },
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
const server = await startServerProcess({ root: folder, port: await freePort(), flags, nodeFlags });
try {
  const token = (await runCommand(folder, ['keys', 'add', '--role', 'admin', '--operator'])).trim();
  await main({ baseUrl: server.baseUrl, token, pid: server.pid, watcherCount: 50, pictureEvery: 0 });
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function main(base: Omit<LoadOptions, 'eventsPerSec' | 'durationMs'>): Promise<void> {
  const search: LoadResult[] = [];
  // Its first session is the guide that is read.
  await note(search, { ...base, eventsPerSec: 50, durationMs: 3_000 });
  const guideId = `fleet-${process.pid}-1-0`;
  const pictured = { ...base, guideId, pictureEvery };
  const durationMs = Number(values.seconds) * 1_000;
  const pictureCapacity = values.load === undefined ? await findCapacity(pictured, search) : Number(values.load) / share;
  const eventsPerSec = Math.round(pictureCapacity * share);
  const withPictures = await note(search, { ...pictured, eventsPerSec, durationMs });
  const plainBase = { ...base, guideId };
  const capacity = values['plain-load'] === undefined ? await findCapacity(plainBase, search) : Number(values['plain-load']) / share;
  const plain = await note(search, { ...plainBase, eventsPerSec: Math.round(capacity * share), durationMs });
  const overloaded = await note(search, { ...pictured, eventsPerSec, pictureEvery: 1, durationMs });
  const result = {
    bench: 'live',
    at: new Date().toISOString(),
    version: packageVersion(),
    node: process.version,
    cores: cpus().length,
    flags,
    capacityEventsPerSec: capacity,
    pictureCapacityEventsPerSec: pictureCapacity,
    search: search.slice(1).filter((one) => ![plain, withPictures, overloaded].includes(one)),
    plain,
    withPictures,
    overloaded,
    goals,
    reached: { plain: isReached(plain), withPictures: isReached(withPictures), overloaded: isReached(overloaded) },
  };
  const text = `${JSON.stringify(result, null, 2)}\n`;
  process.stdout.write(text);
  if (values.out !== undefined) writeFileSync(values.out, text);
  process.exitCode = result.reached.plain && result.reached.withPictures ? 0 : 1;
}

async function findCapacity(base: Omit<LoadOptions, 'eventsPerSec' | 'durationMs'>, search: LoadResult[]): Promise<number> {
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

function isReached({ liveP99Ms, readP95Ms, missedCount }: LoadResult): boolean {
  return liveP99Ms < goals.liveP99Ms && readP95Ms < goals.readP95Ms && missedCount === 0;
}
