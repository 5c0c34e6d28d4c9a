/**
 * Question: how does the engine on Kafka compare with Kafka Streams, and with a loop that has no engine?
 * Measured: each contestant as a process of its own on the same input topic of the same broker, in turn (A B A B): records per second of the process's CPU time (user and
 * system, compilers and collectors included; the broker not), wall rates, restores, restarts, commits. Outputs are compared by count and digest of each key's last value.
 * Not measured: a cluster, replication, several threads or processes, compression, TLS.
 * Rerun: `npm run services -- up kafka`, then `npm run bench:peers -- --scenario NAME [--rounds 5] [--broker host:port] [--only ours,peer] [--records N] [--profile]
 * [--continue]`, which adds to the rounds that an earlier call left in bench/results.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repositoryRoot } from '../../services/cache-folder.ts';
import { environment } from '../environment.ts';
import { kafkaStreamsCommand, kafkaStreamsVersion } from './kafka-streams/kafka-streams-peer.ts';
import type { Measured } from './measured.ts';
import { differences, renderTable, rowsOf } from './result-table.ts';
import { runScenario } from './run-scenario.ts';
import type { Scenario } from './scenarios.ts';
import { scenarios } from './scenarios.ts';
import { Workbench } from './workbench.ts';

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', default: '' },
    rounds: { type: 'string', default: '5' },
    broker: { type: 'string', default: '127.0.0.1:19092' },
    only: { type: 'string', default: '' },
    records: { type: 'string', default: '' },
    'node-args': { type: 'string', default: '' },
    profile: { type: 'boolean', default: false },
    continue: { type: 'boolean', default: false },
  },
});

function chosenScenario(): Scenario {
  const found = scenarios.find(({ name }) => name === values.scenario);
  if (found === undefined) throw new Error(`--scenario must be one of ${scenarios.map(({ name }) => name).join(', ')}`);
  const only = values.only === '' ? found.contestants : found.contestants.filter((name) => values.only.split(',').includes(name));
  return { ...found, contestants: only, recordCount: values.records === '' ? found.recordCount : Number(values.records) };
}

async function main(): Promise<number> {
  const scenario = chosenScenario();
  if (scenario.contestants.includes('peer')) kafkaStreamsCommand();
  const nodeArgs = values['node-args'].split(' ').filter((arg) => arg !== '');
  const bench = await Workbench.open({ broker: values.broker, scenario, nodeArgs, isProfiled: values.profile });
  const file = resultFile(scenario);
  const runs: Measured[] = values.continue ? [...earlierRuns(file)] : [];
  const onMeasured = (measured: Measured): void => {
    runs.push(measured);
    // Kept at once: who cuts a long bench off has what was measured until then.
    save({ scenario, runs, nodeArgs, file });
    console.error(`round ${measured.round} ${measured.contestant}: ${JSON.stringify(measured.values)}`);
    if (measured.notes.length > 0) console.error(measured.notes.join('\n'));
  };
  try {
    await runScenario(bench, { contestants: scenario.contestants, roundCount: Number(values.rounds), onMeasured });
  } finally {
    await bench.close();
  }
  return report({ scenario, runs, nodeArgs, file });
}

function resultFile({ name }: Scenario): string {
  const folder = join(repositoryRoot(), 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  return join(folder, `peers-${name}.json`);
}

/** Runs of an earlier call; their rounds are told apart from the new ones by a number below 1. */
function earlierRuns(file: string): readonly Measured[] {
  if (!existsSync(file)) return [];
  const { runs }: { readonly runs: readonly Measured[] } = JSON.parse(readFileSync(file, 'utf8'));
  const roundCount = Math.max(0, ...runs.map(({ round }) => round));
  return runs.map((run) => ({ ...run, round: run.round - roundCount }));
}

interface Report {
  readonly scenario: Scenario;
  readonly runs: readonly Measured[];
  readonly nodeArgs: readonly string[];
  readonly file: string;
}

function save({ scenario, runs, nodeArgs, file }: Report): void {
  const result = {
    environment: environment(),
    kafkaStreamsVersion,
    nodeArgs,
    scenario,
    rows: rowsOf(runs),
    different: differences(runs),
    runs,
  };
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
}

function report({ scenario, runs, file }: Report): number {
  const rows = rowsOf(runs);
  const different = differences(runs);
  console.log(`${scenario.name}\n\n${renderTable(rows)}\n\noutputs: ${different.length === 0 ? 'equal' : 'DIFFERENT'}; ${file}`);
  for (const line of different) console.error(line);
  return different.length === 0 ? 0 : 1;
}

process.exitCode = await main();
