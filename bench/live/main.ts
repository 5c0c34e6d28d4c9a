/**
 * Question: how long after its ack is a step on a watcher's screen, and how fast is a guide read, while one process carries 70 % of what it can?
 * Measured: `stepwright start` in a process of its own; a fleet of sessions in another, open loop, about four events a second each; watchers on 50 of them in a
 * third, which also reads a finished guide 20 times a second. First the load is raised until acks (p99 < 150 ms), completeness, or the chain (live p99 < 1 s) give
 * way; the last load that was carried is what the process can carry. Then 70 % of it, without pictures and with a picture at every 10th click.
 * Not measured: a network; more cores than the machine has, which all three processes share, so that "what it can carry" is what this machine's share for the
 * server is; a log that syncs each commit.
 * Rerun: `npm run bench:live -- [--seconds 15] [--start 500] [--out FILE] [--flags "--commit-interval-ms 50"] [--cpu-prof]`; exit 1 when a goal is missed.
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
    out: { type: 'string' },
    flags: { type: 'string', default: '' },
    'cpu-prof': { type: 'boolean', default: false },
  },
});
const searchMs = 5_000;
const growth = 1.5;
const goals = { liveP99Ms: 250, readP95Ms: 20 };

const folder = mkdtempSync(join(tmpdir(), 'stepwright-live-'));
const flags = ['--no-analytics', ...values.flags.split(' ').filter((flag) => flag !== '')];
const nodeFlags = values['cpu-prof'] ? ['--cpu-prof', `--cpu-prof-dir=${process.cwd()}`] : [];
const server = await startServerProcess({ root: folder, port: await freePort(), flags, nodeFlags });
try {
  const token = (await runCommand(folder, ['keys', 'add', '--role', 'admin'])).trim();
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
  const capacity = values.load === undefined ? await findCapacity({ ...base, guideId }, search) : Number(values.load) / 0.7;
  const measured = { ...base, guideId, eventsPerSec: Math.round(capacity * 0.7), durationMs: Number(values.seconds) * 1_000 };
  const plain = await note(search, measured);
  const withPictures = await note(search, { ...measured, pictureEvery: 10 });
  const result = {
    bench: 'live',
    at: new Date().toISOString(),
    version: packageVersion(),
    node: process.version,
    cores: cpus().length,
    flags,
    capacityEventsPerSec: capacity,
    search: search.slice(1, -2),
    plain,
    withPictures,
    goals,
    reached: { plain: isReached(plain), withPictures: isReached(withPictures) },
  };
  const text = `${JSON.stringify(result, null, 2)}\n`;
  process.stdout.write(text);
  if (values.out !== undefined) writeFileSync(values.out, text);
  process.exitCode = result.reached.plain ? 0 : 1;
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
  process.stderr.write(
    `${wantedEventsPerSec} events/s: ${ackedEventsPerSec} acked, ack p99 ${ackP99Ms} ms, live p50 ${liveP50Ms} p99 ${liveP99Ms} ms, ${missedCount} missed, read p95 ${readP95Ms} ms, ${eventsPerCpuSec} events/CPU-s\n`,
  );
  return result;
}

function isReached({ liveP99Ms, readP95Ms, missedCount }: LoadResult): boolean {
  return liveP99Ms < goals.liveP99Ms && readP95Ms < goals.readP95Ms && missedCount === 0;
}
