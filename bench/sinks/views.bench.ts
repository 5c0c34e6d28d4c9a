/**
 * Question: what does the Scylla sink cost beside a plain driver loop that makes the same writes, with and without seals?
 * Measured: each contestant in a process of its own, as in production, warm; by turns, on one server.
 * Not measured: several nodes, a network, ScyllaDB itself (Cassandra stands in), a cold cache, compaction of full disks.
 * Run: `npm run services -- up cassandra`, then `node dist/bench/sinks/views.bench.js [HOST:PORT]`.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { cassandraService } from '../../services/cassandra/cassandra-service.ts';
import { environment, hundredths, spreadOf } from '../environment.ts';
import { contestants, type Run, type ViewsContestant } from './views-contestant.ts';

const contactPoint = process.argv[2] ?? cassandraService.running()?.address ?? '127.0.0.1:19042';
/** Compilers are done after about four of a second each. */
const warmUpCount = 5;
const runCount = 8;

const program = fileURLToPath(new URL('./views-contestant.js', import.meta.url));
const children = contestants.map((name) => ({ name, child: fork(program, [name, contactPoint]) }));
const ended = Promise.race(
  children.map(async ({ name, child }): Promise<never> => {
    await once(child, 'exit');
    throw new Error(`${name} ended`);
  }),
);

async function runOf(child: ChildProcess): Promise<Run> {
  const answered = once(child, 'message');
  child.send('run');
  const [run]: Run[] = await Promise.race([answered, ended]);
  if (run === undefined) throw new Error('an empty answer');
  return run;
}

const results: Record<ViewsContestant, Run[]> = { sink: [], 'sealing loop': [], 'plain loop': [] };
for (let turn = 0; turn < warmUpCount + runCount; turn++) {
  for (const { name, child } of children) {
    const run = await runOf(child);
    if (turn >= warmUpCount) results[name].push(run);
  }
}
ended.catch(() => {});
for (const { child } of children) child.kill();

const rate = (name: ViewsContestant) => spreadOf(results[name].map(({ rowsPerSecond }) => rowsPerSecond));
/** Of the runs of one turn, since the server's own work (flushes, compaction) strikes whole turns. */
const inTurn = (other: ViewsContestant, value: keyof Run) =>
  spreadOf(results.sink.map((run, turn) => hundredths(run[value] / (results[other][turn]?.[value] ?? Number.NaN))));
const report = {
  environment: environment(),
  rowsPerSecond: { sink: rate('sink'), sealingLoop: rate('sealing loop'), plainLoop: rate('plain loop') },
  ratioToSealingLoop: inTurn('sealing loop', 'rowsPerSecond'),
  ratioToPlainLoop: inTurn('plain loop', 'rowsPerSecond'),
  clientCpuOverSealingLoop: inTurn('sealing loop', 'cpuSeconds'),
  clientCpuOverPlainLoop: inTurn('plain loop', 'cpuSeconds'),
};
console.log(JSON.stringify(report, undefined, 1));
