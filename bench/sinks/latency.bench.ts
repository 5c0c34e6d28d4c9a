/**
 * Question: how long after its append can a step be read in a view, on one folder and on servers?
 * Measured: 200 steps a second, from the append to the moment when the step and all before it stand for every reader, through the runner with its 20 ms linger;
 * `embedded`: log and views on RocksDB; `distributed`: log on Kafka, views on CQL.
 * Not measured: the processors before (bench/live), several nodes, a network, ScyllaDB itself (Cassandra stands in).
 * Run: `npm run services -- up kafka cassandra`, then `npm run bench:sinks`; without the servers the embedded figures alone.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import { cassandraService } from '../../services/cassandra/cassandra-service.ts';
import { kafkaService } from '../../services/kafka/kafka-service.ts';
import { openEmbeddedViews } from '../../sinks/scylla/embedded/embedded-views.ts';
import { openScyllaViews } from '../../sinks/scylla/scylla-views.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { openEmbeddedLog } from '../../topology/log/embedded/embedded-log.ts';
import { createKafkaLog } from '../../topology/log/kafka/kafka-log.ts';
import { createPrefixedLog } from '../../topology/log/kafka/test-support/prefixed-log.ts';
import { environment } from '../environment.ts';
import { percentile, rounded } from '../live/percentile.ts';
import { eventToView } from './event-to-view.ts';

const runCount = 3;
const pace = { perSecond: 200, seconds: 10 };
const clock = createSystemClock();
const keyring = createMemoryKeyring('bench');
const livePartitionOf = (): { topic: string; partition: number } => ({ topic: 'guide.steps.v1', partition: 0 });
// Nothing else keeps the process while a sink waits: its timers do not.
const alive = setInterval(() => {}, 1_000);
const newName = (): string => randomBytes(4).toString('hex');

async function embedded(): Promise<readonly number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'stepwright-latency-'));
  const log = await openEmbeddedLog({ directory: join(folder, 'log'), clock });
  const views = await openEmbeddedViews({ folder: join(folder, 'views'), livePartitionOf, keyring });
  const durations = await eventToView(log, views, { ...pace, prefix: newName() });
  await log.close();
  await rm(folder, { recursive: true });
  return durations;
}

async function distributed(broker: string, node: string): Promise<readonly number[]> {
  const edition = newName();
  const kafka = createKafkaLog({ brokers: [broker] });
  const log = createPrefixedLog(kafka, { prefix: `bench-${edition}-`, settled: async () => {}, leastPollMs: 0 });
  const place = { contactPoints: [node], localDataCenter: 'datacenter1', keyspace: 'bench_views', replicationFactor: 1 };
  const views = await openScyllaViews({ ...place, edition, livePartitionOf, keyring, clock });
  const durations = await eventToView(log, views, { ...pace, prefix: edition });
  await kafka.close();
  return durations;
}

async function measured(run: () => Promise<readonly number[]>): Promise<object> {
  await run();
  const runs: (readonly number[])[] = [];
  for (let number = 0; number < runCount; number++) runs.push(await run());
  const at = (share: number): readonly number[] => runs.map((durations) => rounded(percentile(durations, share)));
  return { stepsARun: pace.perSecond * pace.seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

const [broker, node] = [kafkaService.running()?.address, cassandraService.running()?.address];
const report = {
  environment: environment(),
  embedded: await measured(embedded),
  ...(broker !== undefined && node !== undefined && { distributed: await measured(() => distributed(broker, node)) }),
};
console.log(JSON.stringify(report, undefined, 1));
clearInterval(alive);
