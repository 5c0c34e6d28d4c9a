/** A contestant of `views.bench.ts` in a process of its own: `node views-contestant.js NAME HOST:PORT`; answers each message with a run. */
import { randomBytes } from 'node:crypto';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import { openScyllaViews } from '../../sinks/scylla/scylla-views.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { openPlainLoop, type PlainLoop } from './plain-loop.ts';
import { planBatches } from './views-plan.ts';

/** The sink is first: it makes the tables. */
export const contestants = ['sink', 'sealing loop', 'plain loop'] as const;
export type ViewsContestant = (typeof contestants)[number];

export interface Run {
  readonly rowsPerSecond: number;
  /** Of the contestant; the server is another process. */
  readonly cpuSeconds: number;
}

const localDataCenter = 'datacenter1';
const keyspace = 'bench_views';
const maxInFlight = 128;
const shape = { sessionCount: 400, roundCount: 20, batchRows: 2_000 };

function open(name: ViewsContestant, contactPoint: string, edition: string): Promise<PlainLoop> {
  if (name !== 'sink')
    return openPlainLoop({ contactPoint, localDataCenter, keyspace, maxInFlight, edition, seals: name === 'sealing loop' });
  const place = { contactPoints: [contactPoint], localDataCenter, keyspace, replicationFactor: 1, maxInFlight, edition };
  const livePartitionOf = (): { topic: string; partition: number } => ({ topic: 'guide.steps.v1', partition: 0 });
  return openScyllaViews({ ...place, livePartitionOf, keyring: createMemoryKeyring('bench'), clock: createSystemClock() });
}

/** 16,000 rows of sessions that the contestant has met before. */
async function timed(name: ViewsContestant, contactPoint: string): Promise<Run> {
  const edition = randomBytes(4).toString('hex');
  const target = await open(name, contactPoint, edition);
  const [first, ...rest] = planBatches(shape, edition);
  if (first !== undefined) await target.apply(first);
  const [startedAtMs, cpu] = [performance.now(), process.cpuUsage()];
  for (const batch of rest) await target.apply(batch);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const used = process.cpuUsage(cpu);
  await target.close();
  const rowCount = rest.reduce((sum, batch) => sum + batch.steps.length + batch.sessions.length, 0);
  return { rowsPerSecond: Math.round(rowCount / seconds), cpuSeconds: (used.user + used.system) / 1e6 };
}

const [, , given, contactPoint = ''] = process.argv;
const name = contestants.find((contestant) => contestant === given);
if (process.send !== undefined && name !== undefined) {
  process.on('message', () => {
    timed(name, contactPoint).then(
      (run) => process.send?.(run),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}
