/**
 * Question: what does the Scylla sink cost beside a plain driver loop that makes the same writes, with and without seals?
 * Not measured: several nodes, a network, ScyllaDB itself (Cassandra stands in), a cold cache, compaction of full disks.
 * Run: `npm run services -- up cassandra`, then `node dist/bench/sinks/views.bench.js [HOST:PORT]`.
 */
import { randomBytes } from 'node:crypto';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import { cassandraService } from '../../services/cassandra/cassandra-service.ts';
import { openScyllaViews } from '../../sinks/scylla/scylla-views.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { environment, spreadOf } from '../environment.ts';
import { openPlainLoop } from './plain-loop.ts';
import { planBatches } from './views-plan.ts';

const contactPoint = process.argv[2] ?? cassandraService.running()?.address ?? '127.0.0.1:19042';
const localDataCenter = 'datacenter1';
const keyspace = 'bench_views';
const maxInFlight = 128;
const shape = { sessionCount: 400, roundCount: 20, batchRows: 2_000 };
const runCount = 4;
const livePartitionOf = (): { topic: string; partition: number } => ({ topic: 'guide.steps.v1', partition: 0 });

const newEdition = (): string => randomBytes(4).toString('hex');
const place = { contactPoints: [contactPoint], localDataCenter, keyspace, replicationFactor: 1, maxInFlight };
const openSink = (edition: string) =>
  openScyllaViews({ ...place, edition, livePartitionOf, keyring: createMemoryKeyring('bench'), clock: createSystemClock() });
const loop = { contactPoint, localDataCenter, keyspace, maxInFlight };
const openPlain = (edition: string) => openPlainLoop({ ...loop, edition, seals: false });
const openSealed = (edition: string) => openPlainLoop({ ...loop, edition, seals: true });

interface Run {
  readonly rowsPerSecond: number;
  /** Of this process; the server is another one. */
  readonly cpuSeconds: number;
}

async function timed(open: (edition: string) => Promise<Awaited<ReturnType<typeof openPlain>>>): Promise<Run> {
  const edition = newEdition();
  const target = await open(edition);
  const batches = planBatches(shape, edition);
  await target.apply(batches[0] ?? { steps: [], sessions: [], guides: [], positions: [] });
  const [startedAtMs, cpu] = [performance.now(), process.cpuUsage()];
  for (const batch of batches.slice(1)) await target.apply(batch);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const used = process.cpuUsage(cpu);
  await target.close();
  const rows = batches.slice(1).reduce((sum, batch) => sum + batch.steps.length + batch.sessions.length, 0);
  return { rowsPerSecond: Math.round(rows / seconds), cpuSeconds: (used.user + used.system) / 1e6 };
}

const results = { sink: new Array<Run>(), sealedLoop: new Array<Run>(), plain: new Array<Run>() };
await timed(openSink);
await timed(openPlain);
for (let run = 0; run < runCount; run++) {
  // By turns, so that a busy minute of the machine strikes both.
  results.plain.push(await timed(openPlain));
  results.sealedLoop.push(await timed(openSealed));
  results.sink.push(await timed(openSink));
}
const rate = (runs: readonly Run[]) => spreadOf(runs.map((run) => run.rowsPerSecond));
const cpu = (runs: readonly Run[]) => spreadOf(runs.map((run) => run.cpuSeconds));
const hundredths = (value: number): number => Math.round(value * 100) / 100;
const report = {
  environment: environment(),
  rowsPerSecond: { sink: rate(results.sink), sealedLoop: rate(results.sealedLoop), unsealedLoop: rate(results.plain) },
  ratioToSealedLoop: hundredths(rate(results.sink).median / rate(results.sealedLoop).median),
  ratioToUnsealedLoop: hundredths(rate(results.sink).median / rate(results.plain).median),
  clientCpuOverSealedLoop: hundredths(cpu(results.sink).median / cpu(results.sealedLoop).median),
};
console.log(JSON.stringify(report, undefined, 1));
