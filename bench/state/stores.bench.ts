/**
 * Question: what do a task's stores cost a record, apart from log, network and topology?
 * Measured: keyed count, 100,000 uniformly random string keys, values of 300 bytes, batches of 500 records prefetched with one native call,
 * get + put a record, `takeChangelog` + `fold` every 5,000 records, `flush` when the bounds say so, on RocksDB in a temporary directory.
 * Then get + put of 1,000 hot keys without commits. Not measured: sending the changelog, decoding input, restore, disks slower than this one.
 * Checked: the counts add up to the records. Baseline: the same counting and serializing over a plain Map, which is what any store has to do.
 * CPU time is the process's, RocksDB's background threads included. Rerun: npm run build && node dist/bench/state/stores.bench.js [runs]
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Serde } from '../../schemas/serde.ts';
import { stringKey } from '../../state/keys/key-serdes.ts';
import { createRocksBackendFactory } from '../../state/rocksdb/rocksdb-backend.ts';
import { keyValueStore } from '../../state/store.ts';
import type { KeyValueStore } from '../../state/store.ts';
import { defaultStateBudgets } from '../../state/task-state.ts';
import type { TaskState } from '../../state/task-state.ts';
import { openTaskState } from '../../state/task/open-task-state.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { environment, spreadOf } from '../environment.ts';

const keyCount = 100_000;
const recordCount = 400_000;
const batchCount = 500;
const commitCount = 5_000;

/** A count with padding up to 300 bytes: the cheapest serde with a value of that size. */
const padded: Serde<number> = {
  serialize: (value) => {
    const bytes = Buffer.allocUnsafe(300).fill(0x20);
    bytes.writeDoubleBE(value);
    return bytes;
  },
  deserialize: (bytes) => bytes.readDoubleBE(),
};
const spec = keyValueStore('counts', { key: stringKey, value: padded });

interface Run {
  readonly cacheMiB: number;
  readonly recordsPerCpuSec: number;
  readonly recordsPerSec: number;
  readonly commitP50Ms: number;
  readonly commitP99Ms: number;
  readonly flushCount: number;
  readonly hotGetPutMicros: number;
  readonly rssMiB: number;
}

/** Sums all counts: every record was counted once. */
function digest(store: KeyValueStore<string, number>): number {
  let sum = 0;
  for (const [, value] of store.range(undefined, undefined)) sum += value;
  return sum;
}

async function measure(cacheMiB: number): Promise<Run> {
  const root = mkdtempSync(join(tmpdir(), 'stepwright-bench-'));
  const budgets = { ...defaultStateBudgets, cacheBytes: cacheMiB * 1024 * 1024 };
  const clock = createSystemClock();
  const state = await openTaskState({
    taskId: '0_0',
    directory: root,
    stores: [spec],
    backend: createRocksBackendFactory(),
    clock,
    budgets,
  });
  try {
    const keys = randomKeys();
    await countAll(state, keys.slice(0, recordCount / 4));
    const cpu = process.cpuUsage();
    const startedMs = clock.monotonicMs();
    const { commitsMs, flushCount } = await countAll(state, keys);
    const elapsedMs = clock.monotonicMs() - startedMs;
    const { user, system } = process.cpuUsage(cpu);
    assert.equal(digest(state.store(spec)), recordCount * 1.25);
    const sorted = commitsMs.toSorted((one, other) => one - other);
    return {
      cacheMiB,
      recordsPerCpuSec: Math.round((recordCount / (user + system)) * 1e6),
      recordsPerSec: Math.round((recordCount / elapsedMs) * 1e3),
      commitP50Ms: round(sorted[sorted.length >> 1] ?? 0),
      commitP99Ms: round(sorted[Math.floor(sorted.length * 0.99)] ?? 0),
      flushCount,
      hotGetPutMicros: hotGetPutMicros(state.store(spec)),
      rssMiB: Math.round(process.memoryUsage.rss() / 1024 / 1024),
    };
  } finally {
    await state.close();
    rmSync(root, { recursive: true, force: true });
  }
}

async function countAll(state: TaskState, keys: readonly string[]): Promise<{ commitsMs: number[]; flushCount: number }> {
  const store = state.store(spec);
  const commitsMs: number[] = [];
  let flushCount = 0;
  let flushing: Promise<void> = Promise.resolve();
  for (let at = 0; at < keys.length; at += batchCount) {
    const batch = keys.slice(at, at + batchCount);
    state.prefetch([{ store: 'counts', keys: batch }]);
    for (const key of batch) store.put(key, (store.get(key) ?? 0) + 1);
    if ((at + batchCount) % commitCount !== 0) continue;
    const startedMs = performance.now();
    state.takeChangelog();
    state.fold();
    commitsMs.push(performance.now() - startedMs);
    if (state.shouldFlush()) {
      flushCount++;
      flushing = state.flush({ changelogs: new Map(), metadata: '' });
    }
    await new Promise(setImmediate);
  }
  await flushing;
  await state.flush({ changelogs: new Map(), metadata: '' });
  return { commitsMs, flushCount };
}

function hotGetPutMicros(store: KeyValueStore<string, number>): number {
  const hot = Array.from({ length: 1_000 }, (_, index) => `hot-tenant/session-${index}`);
  const rounds = 1_000;
  for (const key of hot) store.put(key, 0);
  const startedMs = performance.now();
  for (let count = 0; count < rounds; count++) for (const key of hot) store.put(key, (store.get(key) ?? 0) + 1);
  return round(((performance.now() - startedMs) * 1e3) / (rounds * hot.length));
}

/** A fixed linear congruential sequence, so that every run counts the same keys. */
function randomKeys(): string[] {
  let seed = 42;
  return Array.from({ length: recordCount }, () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return `tenant-7/session-${seed % keyCount}`;
  });
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** Records per CPU-second of a Map: one serialized value a key and commit, as a changelog needs. */
function baselineRecordsPerCpuSec(): number {
  const keys = randomKeys();
  const counts = new Map<string, number>();
  const changed = new Set<string>();
  const cpu = process.cpuUsage();
  let byteCount = 0;
  for (const [index, key] of keys.entries()) {
    counts.set(key, (counts.get(key) ?? 0) + 1);
    changed.add(key);
    if ((index + 1) % commitCount !== 0) continue;
    for (const one of changed) byteCount += padded.serialize(counts.get(one) ?? 0, stringKey.encode(one)).length;
    changed.clear();
  }
  const { user, system } = process.cpuUsage(cpu);
  assert.ok(byteCount > 0);
  return Math.round((recordCount / (user + system)) * 1e6);
}

const runCount = Number(process.argv[2] ?? 3);
const cachesMiB = [16, 128];
const runs: Run[] = [];
// The first round warms up and is not counted.
for (let count = 0; count <= runCount; count++) {
  for (const cacheMiB of cachesMiB) {
    const run = await measure(cacheMiB);
    if (count > 0) runs.push(run);
  }
}
const recordsPerCpuSec = cachesMiB.map((cacheMiB) => {
  const rates = runs.filter((run) => run.cacheMiB === cacheMiB).map((run) => run.recordsPerCpuSec);
  return { cacheMiB, ...spreadOf(rates) };
});
const report = { bench: 'state/stores', ...environment(), recordsPerCpuSec, baselineRecordsPerCpuSec: baselineRecordsPerCpuSec(), runs };
process.stdout.write(`${JSON.stringify(report, undefined, 1)}\n`);
