/**
 * Question: what does the embedded log cost a record of a task, apart from stores, serdes and topology?
 * Measured: a full input topic is polled; each record goes back as a changelog record and an output record of the same key and value, in one
 * transaction every `--commit` input records, with the input position. So a counted record is read once and written twice. CPU time is the process's,
 * RocksDB's background threads included. Besides: the time of a commit, and from `send` of a producer to the record in a waiting reader.
 * Not measured: filling the input, a cold operating system cache, power-loss syncs, several processes.
 * Checked: the output read back holds every key's bytes (sum of a rolling hash). Baseline: one copy of each record's bytes into a
 * buffer and two out of it, which is what any log has to do.
 * Rerun: npm run build && node dist/bench/log/embedded-log.bench.js [--records 400000] [--runs 3] [--commit 5000]
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { EmbeddedLog } from '../../topology/log/embedded/embedded-log.ts';
import { openEmbeddedLog } from '../../topology/log/embedded/embedded-log.ts';
import type { InputRecord, OutputRecord } from '../../topology/log/log.ts';
import { environment, spreadOf } from '../environment.ts';

const { values: flags } = parseArgs({
  options: {
    records: { type: 'string', default: '400000' },
    runs: { type: 'string', default: '3' },
    commit: { type: 'string', default: '5000' },
  },
});
const recordCount = Number(flags.records);
const commitEvery = Number(flags.commit);
const keyCount = 100_000;
const valueBytes = 300;
const latencyCount = 500;
const input = { topic: 'input', partition: 0 };
const output = { topic: 'output', partition: 0 };
const changelog = { topic: 'changelog', partition: 0 };

interface Run {
  readonly microsPerRecord: number;
  readonly recordsPerCpuSec: number;
  readonly recordsPerSec: number;
  readonly commitP50Ms: number;
  readonly commitP99Ms: number;
  readonly sendToReaderP50Ms: number;
  readonly sendToReaderP99Ms: number;
  readonly readBackMicrosPerRecord: number;
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

const ascending = (left: number, right: number): number => left - right;

/** Depends on every record's key and value, not on their order. */
function digestOf(sum: number, { key, value }: { readonly key: Buffer | null; readonly value: Buffer | null }): number {
  return (sum + (key?.readUInt32BE(0) ?? 0) * 31 + (value?.readUInt32BE(0) ?? 0)) % 1_000_000_007;
}

async function fillInput(log: EmbeddedLog): Promise<number> {
  const producer = await log.openProducer();
  let digest = 0;
  for (let done = 0; done < recordCount; done += 2000) {
    const records: OutputRecord[] = [];
    for (let index = done; index < Math.min(done + 2000, recordCount); index++) {
      const key = Buffer.alloc(8);
      key.writeUInt32BE((Math.imul(index, 2654435761) >>> 0) % keyCount);
      const value = Buffer.alloc(valueBytes, index & 0x7f);
      value.writeUInt32BE(index);
      records.push({ ...input, key, value, timestampMs: index });
      digest = digestOf(digest, { key, value });
    }
    await producer.send(records);
  }
  return digest;
}

function send(record: InputRecord, to: (records: readonly OutputRecord[]) => void): void {
  const { key, value, timestampMs } = record;
  to([{ topic: 'changelog', partition: 0, key, value, timestampMs }]);
  to([{ topic: 'output', partition: 0, key, value, timestampMs }]);
}

async function pump(log: EmbeddedLog): Promise<{ readonly commitsMs: readonly number[] }> {
  const nothing = async (): Promise<void> => {};
  const source = await log.openSource({
    groupId: 'bench',
    memberId: 'a',
    topics: ['input'],
    offsetReset: 'earliest',
    onRevoked: nothing,
    onAssigned: nothing,
  });
  const sink = await log.openSink({ transactionalId: 'bench' });
  const commitsMs: number[] = [];
  let pending = 0;
  let done = 0;
  sink.begin();
  while (done < recordCount) {
    for (const batch of await source.poll({ maxWaitMs: 0, maxBytes: 524_288 })) {
      for (const record of batch.records) send(record, (records) => sink.send(records));
      pending += batch.records.length;
      done += batch.records.length;
      if (pending < commitEvery && done < recordCount) continue;
      const startMs = performance.now();
      await sink.commit([{ ...input, nextOffset: batch.nextOffset }], source.membership());
      commitsMs.push(performance.now() - startMs);
      sink.begin();
      pending = 0;
    }
  }
  await sink.close();
  await source.close();
  return { commitsMs };
}

async function readBack(log: EmbeddedLog, at: typeof output | typeof changelog): Promise<number> {
  const reader = await log.openReader({ from: [{ ...at, nextOffset: 0n }] });
  let digest = 0;
  for (let batches = await reader.poll({ maxWaitMs: 0 }); batches.length > 0; batches = await reader.poll({ maxWaitMs: 0 })) {
    for (const { records } of batches) for (const record of records) digest = digestOf(digest, record);
  }
  return digest;
}

/** One record at a time into a waiting reader. */
async function measureLatency(log: EmbeddedLog): Promise<readonly number[]> {
  const producer = await log.openProducer();
  const [end] = await log.offsets([output], 'read_committed');
  const reader = await log.openReader({ from: [{ ...output, nextOffset: end?.nextOffset ?? 0n }] });
  const tookMs: number[] = [];
  for (let index = 0; index < latencyCount; index++) {
    const waiting = reader.poll({ maxWaitMs: 10_000 });
    const startMs = performance.now();
    await Promise.all([
      waiting.then(() => tookMs.push(performance.now() - startMs)),
      producer.send([{ ...output, key: null, value: Buffer.alloc(valueBytes), timestampMs: 0 }]),
    ]);
  }
  return tookMs.sort(ascending);
}

async function runOnce(directory: string): Promise<Run> {
  const log = await openEmbeddedLog({ directory });
  await log.createTopics([input, output, changelog].map(({ topic }) => ({ name: topic, partitionCount: 1 })));
  const expected = await fillInput(log);
  const startMs = performance.now();
  const startMicros = cpuMicros();
  const { commitsMs } = await pump(log);
  const micros = cpuMicros() - startMicros;
  const tookMs = performance.now() - startMs;
  const readStartMicros = cpuMicros();
  for (const at of [output, changelog]) assert.equal(await readBack(log, at), expected, `${at.topic} holds what was sent`);
  const readMicros = cpuMicros() - readStartMicros;
  const latencies = await measureLatency(log);
  await log.close();
  const sorted = [...commitsMs].sort(ascending);
  return {
    microsPerRecord: micros / recordCount,
    recordsPerCpuSec: Math.round((recordCount / micros) * 1_000_000),
    recordsPerSec: Math.round((recordCount / tookMs) * 1000),
    commitP50Ms: quantile(sorted, 0.5),
    commitP99Ms: quantile(sorted, 0.99),
    sendToReaderP50Ms: quantile(latencies, 0.5),
    sendToReaderP99Ms: quantile(latencies, 0.99),
    readBackMicrosPerRecord: readMicros / (2 * recordCount),
  };
}

/** CPU of copying every record in once and out twice, through one warm buffer. */
function baselineMicrosPerRecord(): number {
  const recordBytes = valueBytes + 8;
  const space = Buffer.alloc(commitEvery * recordBytes);
  const record = Buffer.alloc(recordBytes, 1);
  const startMicros = cpuMicros();
  for (let index = 0; index < recordCount; index++) {
    const at = (index % commitEvery) * recordBytes;
    space.set(record, at);
    for (let copy = 0; copy < 2; copy++) record.set(space.subarray(at, at + recordBytes));
  }
  return (cpuMicros() - startMicros) / recordCount;
}

const runs: Run[] = [];
// The first run warms up and is not counted.
for (let run = 0; run <= Number(flags.runs); run++) {
  const directory = await mkdtemp(join(tmpdir(), 'stepwright-bench-'));
  const result = await runOnce(directory);
  await rm(directory, { recursive: true, force: true });
  if (run > 0) runs.push(result);
}

const report = {
  bench: 'log/embedded-log',
  ...environment(),
  recordCount,
  valueBytes,
  commitEvery,
  microsPerRecord: spreadOf(runs.map((run) => run.microsPerRecord)),
  baselineMicrosPerRecord: baselineMicrosPerRecord(),
  runs,
};
console.log(JSON.stringify(report, null, 2));
