/**
 * Question: how many records does one thread of the engine process per CPU-second, with state and exactly-once?
 * Measured: a keyed count on the embedded log (or a Kafka broker) and RocksDB state, its changelog and one output a record, committed every 100 ms; CPU time of the
 * whole process (user + system, RocksDB's threads included) from a started app with a full input topic to the last commit.
 * Not measured: writing the input, network, several tasks, recovery.
 * Rerun: `npm run build && node dist/bench/engine/keyed-count.bench.js [--records 400000] [--runs 3] [--no-output] [--profile] [--log kafka --broker host:port]`;
 * prints JSON. On Kafka the broker is a process of its own and not measured.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { environment, spreadOf } from '../environment.ts';
import { benchLog } from './bench-log.ts';
import { createBenchTopology, valueBytes } from './keyed-count-topology.ts';
import { runOnce } from './keyed-count-run.ts';
import type { RunOptions, RunResult } from './keyed-count-run.ts';

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '400000' },
    keys: { type: 'string', default: '100000' },
    runs: { type: 'string', default: '3' },
    'no-output': { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    log: { type: 'string', default: 'embedded' },
    broker: { type: 'string', default: '127.0.0.1:19092' },
  },
});

const options: Omit<RunOptions, 'directory'> = {
  recordCount: Number(values.records),
  keyCount: Number(values.keys),
  commitIntervalMs: 100,
  isProfiled: values.profile,
  openLog: benchLog(values.log, values.broker),
  topology: createBenchTopology({ hasOutput: !values['no-output'] }),
};

const results: RunResult[] = [];
// The first run warms up and is not counted.
for (let run = 0; run <= Number(values.runs); run += 1) {
  const directory = await mkdtemp(join(tmpdir(), 'stepwright-bench-'));
  const result = await runOnce({ ...options, directory });
  await rm(directory, { recursive: true, force: true });
  if (run > 0) results.push(result);
}

const median = (numbers: readonly number[]): number => spreadOf(numbers).median;
console.log(
  JSON.stringify(
    {
      bench: 'engine/keyed-count',
      log: values.log,
      ...environment(),
      recordCount: options.recordCount,
      keyCount: options.keyCount,
      valueBytes,
      commitIntervalMs: options.commitIntervalMs,
      hasOutput: !values['no-output'],
      recordsPerCpuSec: spreadOf(results.map(({ recordsPerCpuSec }) => recordsPerCpuSec)),
      recordsPerSec: median(results.map(({ recordsPerSec }) => recordsPerSec)),
      commitMs: { p50: median(results.map(({ commitP50Ms }) => commitP50Ms)), p99: median(results.map(({ commitP99Ms }) => commitP99Ms)) },
      isOutputRight: results.every(({ isOutputRight }) => isOutputRight),
      runs: results,
    },
    null,
    2,
  ),
);
