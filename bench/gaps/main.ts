/**
 * Question: for how long does a partition give no output when a member joins, leaves or dies?
 * Measured: members of one application as processes of their own on a Kafka broker, steady input; for each partition of an output whose tasks need no other task, the longest
 * time between two arrivals at a read-committed consumer. Apart: tasks that stayed where they were, tasks that were opened anew. `nothing` is the same without a change: the commit
 * interval and what this machine adds. Outputs are checked: each input once, in order.
 * Not measured: output behind a repartition (an open transaction of a dead member holds every partition that it wrote to), large states, several brokers.
 * Rerun: `npm run services -- up kafka`, then `npm run bench:gaps -- [--rounds 3] [--broker host:port] [--rate 1200] [--partitions 6] [--session-timeout 6000] [--standbys 1]`.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repositoryRoot } from '../../services/cache-folder.ts';
import { environment } from '../environment.ts';
import { renderGaps, rowsOf } from './gap-report.ts';
import type { PhaseGaps } from './gap-run.ts';
import { runGaps } from './gap-run.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    broker: { type: 'string', default: '127.0.0.1:19092' },
    rate: { type: 'string', default: '1200' },
    partitions: { type: 'string', default: '6' },
    'session-timeout': { type: 'string', default: '6000' },
    standbys: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
  },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const folder = mkdtempSync(join(tmpdir(), 'stepwright-gaps-'));
process.exitCode = await main();
rmSync(folder, { recursive: true, force: true });

async function main(): Promise<number> {
  const phases: PhaseGaps[] = [];
  const problems: string[] = [];
  const loadAtStart = loadavg()[0];
  const settings = {
    partitionCount: Number(values.partitions),
    recordsPerSec: Number(values.rate),
    sessionTimeoutMs: Number(values['session-timeout']),
    standbyCount: Number(values.standbys),
  };
  for (let round = 0; round < Number(values.rounds); round += 1) {
    const onPhase = (phase: PhaseGaps): void => {
      phases.push(phase);
      console.error(JSON.stringify(phase));
    };
    problems.push(...(await runGaps({ ...settings, broker: values.broker, folder, isTalkative: values.verbose, onPhase })));
  }
  const rows = rowsOf(phases);
  const load = [loadAtStart, loadavg()[0]];
  const file = join(repositoryRoot(), 'bench', 'results', 'gaps.json');
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ environment: environment(), settings, loadAverage: load, rows, phases, problems }, null, 2)}\n`);
  console.log(renderGaps(rows));
  for (const problem of problems) console.log(problem);
  return problems.length === 0 ? 0 : 1;
}
