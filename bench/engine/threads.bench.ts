/**
 * Question: how much faster is a process with two threads than with one?
 * Measured: the keyed count of keyed-count.bench.ts on a Kafka broker, four partitions, exactly once, by `startStreamThreads` with each number of threads in turn on the same input:
 * records a second of wall time, from the start of the threads (connecting and sharing
 * out included) to the last commit, and per CPU second of the process. The counts that come out are checked.
 * Not measured: writing the input; a machine with cores to spare: the broker takes its share of the same ones.
 * Rerun: `npm run services -- up kafka`, `npm run build && node dist/bench/engine/threads.bench.js [--records 1200000] [--threads 1,2] [--rounds 3] [--broker host:port]`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createKafkaLog } from '../../topology/log/kafka/kafka-log.ts';
import type { Log, OutputRecord, TopicPartition } from '../../topology/log/log.ts';
import { partitionOfKey } from '../../topology/base/partition.ts';
import { startStreamThreads } from '../../topology/runtime/threads/stream-threads.ts';
import { environment, spreadOf } from '../environment.ts';
import { valueBytes } from './keyed-count-topology.ts';
import type { ThreadCountData } from './thread-count-app.ts';

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '1200000' },
    threads: { type: 'string', default: '1,2' },
    rounds: { type: 'string', default: '3' },
    broker: { type: 'string', default: '127.0.0.1:19092' },
  },
});
const recordCount = Number(values.records);
const keyCount = 100_000;
const partitionCount = 4;
const sendCount = 2_000;
/** Coprime to the number of keys: neighbours are far apart. */
const stride = 7_919;
const inputTopic = 'events';
const module = new URL('./thread-count-app.js', import.meta.url);

interface ThreadRun {
  readonly threadCount: number;
  readonly recordsPerSec: number;
  readonly recordsPerCpuSec: number;
  readonly isOutputRight: boolean;
}

async function writeInput(log: Log): Promise<readonly TopicPartition[]> {
  const left = await log.describeTopics([inputTopic]);
  await log.deleteTopics(left.map(({ name }) => name));
  await log.createTopics([{ name: inputTopic, partitionCount }]);
  const producer = await log.openProducer();
  const value = Buffer.alloc(valueBytes, 'v');
  for (let first = 0; first < recordCount; first += sendCount) {
    const records = Array.from({ length: Math.min(sendCount, recordCount - first) }, (_, place): OutputRecord => {
      const key = Buffer.from(`tenant/${((first + place) * stride) % keyCount}`);
      const partition = partitionOfKey(key, partitionCount);
      return { topic: inputTopic, partition, key, value, timestampMs: 1_750_000_000_000 + first + place };
    });
    await producer.send(records);
  }
  await producer.close();
  return Array.from({ length: partitionCount }, (_, partition) => ({ topic: inputTopic, partition }));
}

async function runWith(log: Log, inputs: readonly TopicPartition[], threadCount: number): Promise<ThreadRun> {
  const applicationName = `threads-${Date.now()}`;
  await log.createTopics([{ name: `${applicationName}-out`, partitionCount }]);
  const directory = await mkdtemp(join(tmpdir(), 'stepwright-threads-'));
  const data: ThreadCountData = { broker: values.broker, directory, applicationName, commitIntervalMs: 100 };
  const startedCpu = process.cpuUsage();
  const startedMs = performance.now();
  const threads = await startStreamThreads({ module, threadCount, data, onFailed: (message) => console.error(message) });
  const committedCount = async (): Promise<number> =>
    (await log.committed(applicationName, inputs)).reduce((sum, { nextOffset }) => sum + Number(nextOffset ?? 0n), 0);
  while ((await committedCount()) < recordCount) await delay(50);
  const elapsedSec = (performance.now() - startedMs) / 1_000;
  const cpu = process.cpuUsage(startedCpu);
  await threads.close();
  await rm(directory, { recursive: true, force: true });
  return {
    threadCount,
    recordsPerSec: Math.round(recordCount / elapsedSec),
    recordsPerCpuSec: Math.round(recordCount / ((cpu.user + cpu.system) / 1e6)),
    isOutputRight: await hasEveryCount(log, `${applicationName}-out`),
  };
}

/** One output a record, and the last of each key is how often the key came. */
async function hasEveryCount(log: Log, topic: string): Promise<boolean> {
  const last = new Map<string, number>();
  let outCount = 0;
  const from = Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition, nextOffset: 0n }));
  const reader = await log.openReader({ from, isolation: 'read_committed' });
  for (let batches = await reader.poll({ maxWaitMs: 0 }); batches.length > 0; batches = await reader.poll({ maxWaitMs: 0 })) {
    for (const { key, value } of batches.flatMap(({ records }) => records)) {
      outCount += 1;
      if (key !== null && value !== null) last.set(key.toString(), value.readUInt32BE(0));
    }
  }
  await reader.close();
  return outCount === recordCount && [...last.values()].reduce((sum, count) => sum + count, 0) === recordCount;
}

const log = createKafkaLog({ brokers: [values.broker] });
const inputs = await writeInput(log);
const loadAtStart = loadavg()[0];
const runs: ThreadRun[] = [];
const counts = values.threads.split(',').map(Number);
for (let round = 0; round < Number(values.rounds); round += 1) {
  for (const threadCount of counts) {
    runs.push(await runWith(log, inputs, threadCount));
    console.error(JSON.stringify(runs.at(-1)));
  }
}
await log.close();
const summary = counts.map((threadCount) => {
  const own = runs.filter((run) => run.threadCount === threadCount);
  const spread = (of: (run: ThreadRun) => number) => spreadOf(own.map(of));
  return { threadCount, recordsPerSec: spread((run) => run.recordsPerSec), recordsPerCpuSec: spread((run) => run.recordsPerCpuSec) };
});
const isOutputRight = runs.every((run) => run.isOutputRight);
const loadAverage = [loadAtStart, loadavg()[0]];
console.log(JSON.stringify({ bench: 'engine/threads', ...environment(), recordCount, loadAverage, isOutputRight, summary, runs }, null, 2));
