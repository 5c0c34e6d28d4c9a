/**
 * Question: how does the engine on Kafka compare with Kafka Streams, and with a loop that has no engine?
 * Measured: each contestant as a process of its own on the same input topic of the same broker, in turn (A B A B): records per second of the process's CPU time (user and
 * system, compilers and collectors included; the broker not), wall rates, restores, restarts, commits. Outputs are compared by count and digest of each key's last value.
 * Printed: median and quartiles over the rounds of each value, and of ours divided by each other's in the same round.
 * Not measured: a cluster, replication, several threads or processes, compression, TLS.
 * Rerun: `npm run services -- up kafka`, then `npm run bench:peers -- --scenario NAME[,NAME…] [--rounds 5] [--continue] [--for-sec 180] [--broker host:port]
 * [--only ours,peer] [--records N] [--profile]`. `--continue` counts the rounds that an earlier call of the same commit left in bench/results and adds what is missing;
 * `--for-sec` begins no round that would not be over by then: the same line, called again, does the rest.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { kafkaStreamsCommand } from './kafka-streams/kafka-streams-peer.ts';
import type { Measured } from './measured.ts';
import { ResultFile } from './result-file.ts';
import { differences, renderTable, rowsOf } from './result-table.ts';
import { roundCountOf } from './rounds.ts';
import { runScenario } from './run-scenario.ts';
import type { Scenario } from './scenarios.ts';
import { scenarios } from './scenarios.ts';
import { Workbench } from './workbench.ts';

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', default: '' },
    rounds: { type: 'string', default: '5' },
    'for-sec': { type: 'string', default: '' },
    broker: { type: 'string', default: '127.0.0.1:19092' },
    only: { type: 'string', default: '' },
    records: { type: 'string', default: '' },
    'node-args': { type: 'string', default: '' },
    profile: { type: 'boolean', default: false },
    continue: { type: 'boolean', default: false },
  },
});
const roundCount = Number(values.rounds);
const endsAtMs = values['for-sec'] === '' ? Number.POSITIVE_INFINITY : performance.now() + Number(values['for-sec']) * 1000;
const nodeArgs = values['node-args'].split(' ').filter((arg) => arg !== '');

function chosenScenarios(): readonly Scenario[] {
  const names = scenarios.map(({ name }) => name);
  const asked = values.scenario === 'all' ? names : values.scenario.split(',');
  return asked.map((name) => {
    const found = scenarios.find((scenario) => scenario.name === name);
    if (found === undefined) throw new Error(`--scenario must be all, or some of ${names.join(',')}`);
    const only = values.only === '' ? found.contestants : found.contestants.filter((one) => values.only.split(',').includes(one));
    return { ...found, contestants: only, recordCount: values.records === '' ? found.recordCount : Number(values.records) };
  });
}

/** True when outputs are equal. */
async function runOne(scenario: Scenario): Promise<boolean> {
  const file = new ResultFile(scenario, nodeArgs);
  const runs: Measured[] = values.continue ? [...file.earlierRuns()] : [];
  const doneCount = roundCountOf(runs);
  if (doneCount < roundCount && performance.now() < endsAtMs) await addRounds(scenario, { file, runs, doneCount });
  const different = differences(runs);
  const seen = `${roundCountOf(runs)} of ${roundCount} rounds, outputs ${different.length === 0 ? 'equal' : 'DIFFERENT'}`;
  console.log(`\n${scenario.name}: ${seen}; ${scenario.goal}\n\n${renderTable(rowsOf(runs))}\n\n${file.path}`);
  for (const line of different) console.error(line);
  return different.length === 0;
}

interface Earlier {
  readonly file: ResultFile;
  readonly runs: Measured[];
  readonly doneCount: number;
}

async function addRounds(scenario: Scenario, { file, runs, doneCount }: Earlier): Promise<void> {
  const bench = await Workbench.open({ broker: values.broker, scenario, nodeArgs, isProfiled: values.profile });
  const onMeasured = (measured: Measured): void => {
    runs.push({ ...measured, round: doneCount + measured.round });
    // Kept at once: who cuts a long bench off has what was measured until then.
    file.write(runs);
    const load = `load ${loadavg()[0]?.toFixed(1) ?? '?'}`;
    console.error(`${scenario.name} ${doneCount + measured.round} ${measured.contestant}, ${load}: ${JSON.stringify(measured.values)}`);
    if (measured.notes.length > 0) console.error(measured.notes.join('\n'));
  };
  const mayGoOn = (longestRoundMs: number): boolean => performance.now() + longestRoundMs < endsAtMs;
  try {
    await runScenario(bench, { contestants: scenario.contestants, roundCount: roundCount - doneCount, mayGoOn, onMeasured });
  } finally {
    await bench.close();
  }
}

// A bench that is cut off leaves no process behind: they end with this one's exit event.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const chosen = chosenScenarios();
if (chosen.some(({ contestants }) => contestants.includes('peer'))) kafkaStreamsCommand();
let isEqual = true;
for (const scenario of chosen) isEqual = (await runOne(scenario)) && isEqual;
process.exitCode = isEqual ? 0 : 1;
