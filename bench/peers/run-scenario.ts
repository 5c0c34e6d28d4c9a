import { InputRecords } from './input.ts';
import type { Measured } from './measured.ts';
import { runPaced } from './paced-run.ts';
import { prepareRestart, prepareRestore, runRestart, runRestore, writeProbes, writeTail } from './restore-run.ts';
import type { Contestant } from './scenarios.ts';
import { runThroughput } from './throughput-run.ts';
import type { Workbench } from './workbench.ts';

export interface RunOptions {
  readonly contestants: readonly Contestant[];
  readonly roundCount: number;
  /** Asked before each round but the first. */
  readonly mayGoOn: (longestRoundMs: number) => boolean;
  readonly onMeasured: (measured: Measured) => void;
}

/** The rounds of a scenario, numbered from 1, contestants in turn within each (A B A B), on one input topic. */
export async function runScenario(bench: Workbench, options: RunOptions): Promise<void> {
  const { contestants, roundCount, mayGoOn, onMeasured } = options;
  const input = new InputRecords(bench.scenario);
  const { prepare, beforeRound, run } = stepsOf(bench, input, contestants);
  await prepare();
  let longestRoundMs = 0;
  for (let round = 1; round <= roundCount && (round === 1 || mayGoOn(longestRoundMs)); round += 1) {
    const startedAtMs = performance.now();
    await beforeRound(round);
    for (const contestant of contestants) onMeasured(await run(contestant, round));
    longestRoundMs = Math.max(longestRoundMs, performance.now() - startedAtMs);
  }
  if (bench.scenario.kind === 'restore') await forget(bench, contestants, 'restore');
  if (bench.scenario.kind === 'restart') await forget(bench, contestants, 'restart');
}

interface Steps {
  readonly prepare: () => Promise<void>;
  readonly beforeRound: (round: number) => Promise<void>;
  readonly run: (contestant: Contestant, round: number) => Promise<Measured>;
}

function stepsOf(bench: Workbench, input: InputRecords, contestants: readonly Contestant[]): Steps {
  const nothing = () => Promise.resolve();
  const writeAll = () => input.write(bench.log, bench.input, { from: 0, to: bench.scenario.recordCount });
  switch (bench.scenario.kind) {
    case 'throughput':
      return { prepare: writeAll, beforeRound: nothing, run: (contestant, round) => runThroughput(bench, contestant, round) };
    case 'paced':
      return { prepare: nothing, beforeRound: nothing, run: (contestant, round) => runPaced(bench, input, contestant, round) };
    case 'restore':
      return {
        prepare: () => prepareRestore(bench, input, contestants),
        beforeRound: (round) => writeProbes(bench, input, round),
        run: (contestant, round) => runRestore(bench, contestant, round),
      };
    case 'restart':
      return {
        prepare: async () => {
          await writeAll();
          await prepareRestart(bench, contestants);
        },
        beforeRound: (round) => writeTail(bench, input, round),
        run: (contestant, round) => runRestart(bench, contestant, round),
      };
  }
}

async function forget(bench: Workbench, contestants: readonly Contestant[], run: string): Promise<void> {
  for (const contestant of contestants) await bench.discard(bench.order(contestant, run));
}
