import { join } from 'node:path';
import type { Topology } from '../../topology/builder/topology-builder-api.ts';
import type { Log, OutputRecord } from '../../topology/log/log.ts';
import { createStreamApp } from '../../topology/runtime/stream-app.ts';
import { profileParts } from './cpu-profile.ts';
import { valueBytes } from './keyed-count-topology.ts';
import { collectCommitLatencies } from './scenarios/commit-latencies.ts';

export interface RunOptions {
  readonly directory: string;
  /** A log without topics of earlier runs; it is closed here. */
  readonly openLog: (directory: string) => Promise<Log>;
  readonly recordCount: number;
  readonly keyCount: number;
  readonly commitIntervalMs: number;
  readonly topology: Topology;
  /** Runs the measured part under the profiler, which costs some per cent. */
  readonly isProfiled: boolean;
}

export interface RunResult {
  readonly recordsPerCpuSec: number;
  readonly recordsPerSec: number;
  readonly cpuUserMs: number;
  readonly cpuSystemMs: number;
  readonly elapsedMs: number;
  readonly commitCount: number;
  readonly commitP50Ms: number;
  readonly commitP99Ms: number;
  readonly isOutputRight: boolean;
  /** Share of busy time per part of the system, when profiled. */
  readonly shares?: Readonly<Record<string, number>>;
}

const sendCount = 2_000;
/** Coprime to any key count below it, so that the keys of neighbours are far apart. */
const stride = 7_919;

export async function runOnce(options: RunOptions): Promise<RunResult> {
  const { directory, openLog, topology, recordCount, commitIntervalMs } = options;
  const log = await openLog(join(directory, 'log'));
  await log.createTopics([
    { name: 'events', partitionCount: 1 },
    { name: 'counts', partitionCount: 1 },
  ]);
  await writeInput(log, options);
  const commits = collectCommitLatencies();
  const app = createStreamApp({
    topology,
    log,
    state: { directory: join(directory, 'state') },
    bounds: { commitIntervalMs },
    metrics: commits.metrics,
  });
  const startedCpu = process.cpuUsage();
  const startedMs = performance.now();
  const work = async () => {
    await app.start();
    await consumed(log, recordCount);
  };
  const shares = options.isProfiled ? (await profileParts(work)).shares : await work();
  const elapsedMs = performance.now() - startedMs;
  const cpu = process.cpuUsage(startedCpu);
  await app.close();
  const isOutputRight = await checkCounts(log, options);
  await log.close();
  const cpuSec = (cpu.user + cpu.system) / 1e6;
  const sorted = commits.latenciesMs.toSorted((left, right) => left - right);
  const at = (share: number) => Math.round((sorted[Math.floor((sorted.length - 1) * share)] ?? 0) * 100) / 100;
  return {
    recordsPerCpuSec: Math.round(recordCount / cpuSec),
    recordsPerSec: Math.round((recordCount / elapsedMs) * 1000),
    cpuUserMs: Math.round(cpu.user / 1000),
    cpuSystemMs: Math.round(cpu.system / 1000),
    elapsedMs: Math.round(elapsedMs),
    commitCount: sorted.length,
    commitP50Ms: at(0.5),
    commitP99Ms: at(0.99),
    isOutputRight,
    ...(shares && { shares }),
  };
}

async function writeInput(log: Log, { recordCount, keyCount }: RunOptions): Promise<void> {
  const producer = await log.openProducer();
  const value = Buffer.alloc(valueBytes, 'v');
  for (let first = 0; first < recordCount; first += sendCount) {
    const records: OutputRecord[] = [];
    for (let index = first; index < Math.min(first + sendCount, recordCount); index += 1) {
      const key = Buffer.from(`tenant/${(index * stride) % keyCount}`);
      records.push({ topic: 'events', partition: 0, key, value, timestampMs: 1_750_000_000_000 + index });
    }
    await producer.send(records);
  }
  await producer.close();
}

/** Waits until the group has committed the whole input. Asks seldom: the asking is part of the measured process. */
async function consumed(log: Log, recordCount: number): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const [position] = await log.committed('bench', [{ topic: 'events', partition: 0 }]);
    if ((position?.nextOffset ?? 0n) >= BigInt(recordCount)) return;
  }
}

/** Closed form: record i has key (i · stride) mod keys, so every key is counted floor or ceil of records ÷ keys times, and the changelog's last values say so. */
async function checkCounts(log: Log, { recordCount, keyCount }: RunOptions): Promise<boolean> {
  const last = new Map<string, number>();
  const reader = await log.openReader({ from: [{ topic: 'bench-counts-changelog', partition: 0, nextOffset: 0n }] });
  for (let batches = await reader.poll({ maxWaitMs: 0 }); batches.length > 0; batches = await reader.poll({ maxWaitMs: 0 })) {
    for (const { records } of batches) {
      for (const { key, value } of records) if (key !== null && value !== null) last.set(key.toString(), value.readUInt32BE(0));
    }
  }
  await reader.close();
  let sum = 0;
  let isRight = last.size === Math.min(keyCount, recordCount);
  for (const count of last.values()) {
    sum += count;
    if (count < Math.floor(recordCount / keyCount) || count > Math.ceil(recordCount / keyCount)) isRight = false;
  }
  return isRight && sum === recordCount;
}
