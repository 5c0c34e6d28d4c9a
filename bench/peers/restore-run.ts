import { changelogTopic } from '../../topology/builder/names.ts';
import { partitionCount, storeName } from '../engine/scenarios/app-order.ts';
import type { AppProcess } from './app-process.ts';
import type { InputRecords } from './input.ts';
import type { Measured } from './measured.ts';
import { perSecond } from './measured.ts';
import { outcomeOf } from './outcome.ts';
import type { Contestant } from './scenarios.ts';
import type { Workbench } from './workbench.ts';

/** Input of one round: repetitions of what the changelog holds last, which say nothing when the state is there, and as many new values. */
const probeCount = 64;
const applicationRun = 'restore';

/** Fills the changelog that a contestant will find. */
export async function prepareRestore(bench: Workbench, input: InputRecords, contestants: readonly Contestant[]): Promise<void> {
  for (const contestant of contestants) {
    const order = bench.order(contestant, applicationRun);
    const changelog = changelogTopic(order.application, storeName);
    await bench.createTopic(changelog, 'compact');
    await bench.createTopic(order.output);
    // With times of today: a broker closes a segment, and may then compact it, when a record comes that is a week later than its first.
    await input.write(bench.log, changelog, { from: 0, to: bench.scenario.recordCount, timestampMs: Date.now() });
  }
}

/** New input for all contestants of a round. */
export async function writeProbes(bench: Workbench, input: InputRecords, round: number): Promise<void> {
  const { recordCount } = bench.scenario;
  if (round === 1) await input.write(bench.log, bench.input, { from: recordCount - probeCount, to: recordCount });
  await input.write(bench.log, bench.input, { from: recordCount + (round - 1) * probeCount, to: recordCount + round * probeCount });
}

/** An empty folder and a full changelog: from the first announcement of a restore to the last end, and to the first output. */
export async function runRestore(bench: Workbench, contestant: Contestant, round: number): Promise<Measured> {
  const order = bench.order(contestant, applicationRun);
  await bench.deleteState(order);
  const { app, tookMs } = await bench.firstOutput(order, () => bench.start(contestant, order));
  try {
    await bench.committed(order, probeCount * (round + 1), app);
    await app.end();
    const values = { ...restoreValues(app), firstOutputMs: Math.round(tookMs) };
    return { contestant, round, values, outcome: await outcomeOf(bench.log, order.output), notes: app.notes() };
  } finally {
    await app.kill();
  }
}

function restoreValues(app: AppProcess): Readonly<Record<string, number>> {
  const [start] = app.heard('restore-start');
  const ends = app.heard('restore-end');
  const end = ends[partitionCount - 1];
  if (start === undefined || end === undefined) throw new Error(`restores ended: ${ends.length} of ${partitionCount}`);
  const restoredCount = ends.reduce((sum, { words }) => sum + Number(words[1]), 0);
  return {
    restoredCount,
    restoredPerCpuSec: perSecond(restoredCount, end.cpuSec - start.cpuSec),
    restoredPerSec: perSecond(restoredCount, (end.atMs - start.atMs) / 1000),
    restoredPerCpuSecFromStart: perSecond(restoredCount, end.cpuSec),
  };
}

const restartRun = 'restart';
const tailCount = 20_000;

/** Processes the input once, for the folder that restarts find, and kills it the moment it is done. */
export async function prepareRestart(bench: Workbench, contestants: readonly Contestant[]): Promise<void> {
  for (const contestant of contestants) {
    const order = bench.order(contestant, restartRun);
    await bench.createTopic(order.output);
    const app = bench.start(contestant, order);
    await bench.committed(order, bench.scenario.recordCount, app);
    await app.kill();
  }
}

/** New input for all contestants of a round: what waits for the restart, and enough of it that a kill leaves a tail that was not flushed. */
export async function writeTail(bench: Workbench, input: InputRecords, round: number): Promise<void> {
  const from = bench.scenario.recordCount + (round - 1) * tailCount;
  await input.write(bench.log, bench.input, { from, to: from + tailCount });
}

/** Started again on the folder that a kill -9 left: from the process's start to the first output. Killed when it has done the round's input. */
export async function runRestart(bench: Workbench, contestant: Contestant, round: number): Promise<Measured> {
  const order = bench.order(contestant, restartRun);
  const { app, tookMs } = await bench.firstOutput(order, () => bench.start(contestant, order));
  try {
    await bench.committed(order, bench.scenario.recordCount + round * tailCount, app);
    const restoredCount = app.heard('restore-end').reduce((sum, { words }) => sum + Number(words[1]), 0);
    const values = {
      firstOutputMs: Math.round(tookMs),
      restoreBeganMs: Math.round((app.heard('restore-start')[0]?.atMs ?? 0) - app.startedAtMs),
      restoreEndedMs: Math.round((app.heard('restore-end').at(-1)?.atMs ?? 0) - app.startedAtMs),
      restoredCount,
      wipeCount: app.heard('wiped').length,
    };
    return { contestant, round, values, outcome: undefined, notes: app.notes() };
  } finally {
    await app.kill();
  }
}
