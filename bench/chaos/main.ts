/**
 * Question: does a fleet that is killed, frozen, rolled and loses its state, while its broker dies too, compute what an undisturbed run computes?
 * Measured: three processes on a Kafka broker of the run's own: `stepwright run --roles processors` three times, guides and documents against an
 * undisturbed run on the embedded log; or, with `--program oracle`, every output of the oracle program (`topology/testing/oracle`), record by record; what
 * was restored; wiped stores.
 * With `--log embedded`: does one process that is killed with SIGKILL again and again, and started again on the same folder, end with the same guides?
 * Measured there: `stepwright guide` over real and synthetic recordings with pictures; every printed document, every file under `--out`, the guides in
 * the views and in the object store against an undisturbed run; what each restart had to restore; wiped stores; dead letters.
 * Not measured: power cuts (nothing is lost from the page cache here).
 * Rerun: `npm run chaos -- [--kills 50] [--seed 1] [--program oracle --keys 20000 --turns 20] [--partitions 4] [--port 19692]`, or
 * `npm run chaos -- --log embedded [--kills 50] [--seed 1] [--synthetic 4] [--events 3000] [--miniwob 30] [--work-ms 0] [--keep]`;
 * exit code 1 when anything differs, 2 when it cannot begin.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createDice } from '../../topology/testing/dice.ts';
import { runGuideProcess } from './guide-process.ts';
import { planKills } from './kill-plan.ts';
import type { ChaosProgram } from './kafka/chaos-program.ts';
import { createGuideProgram } from './kafka/guide-program.ts';
import type { ProgramPlace } from './kafka/kafka-chaos.ts';
import { whyNoBroker } from './kafka/chaos-broker.ts';
import { runKafkaChaos } from './kafka/kafka-chaos.ts';
import { createOracleProgram } from './kafka/oracle-program.ts';
import { runKilled, type Kill, type KilledRun } from './killed-run.ts';
import { differences, readOutcome } from './outcome.ts';
import { layOutRecordings } from './recordings.ts';

const { values } = parseArgs({
  options: {
    log: { type: 'string', default: 'kafka' },
    program: { type: 'string', default: 'guides' },
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    synthetic: { type: 'string', default: '4' },
    events: { type: 'string', default: '3000' },
    miniwob: { type: 'string', default: '30' },
    'work-ms': { type: 'string', default: '0' },
    keep: { type: 'boolean', default: false },
    keys: { type: 'string', default: '20000' },
    turns: { type: 'string', default: '20' },
    partitions: { type: 'string', default: '4' },
    port: { type: 'string', default: '19692' },
    verbose: { type: 'boolean', default: false },
  },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const cannotBegin = whyNot();
if (cannotBegin !== undefined) {
  process.stderr.write(`${cannotBegin}\n`);
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'stepwright-chaos-'));
process.exitCode = await (values.log === 'kafka' ? onKafka() : main());
if (values.keep) say(`kept: ${folder}`);
else rmSync(folder, { recursive: true, force: true });

/** Said before anything runs: the undisturbed run alone takes half a minute. */
function whyNot(): string | undefined {
  if (values.log !== 'kafka' && values.log !== 'embedded') return `--log is kafka or embedded, not ${values.log}`;
  if (values.program !== 'guides' && values.program !== 'oracle') return `--program is guides or oracle, not ${values.program}`;
  return values.log === 'kafka' ? whyNoBroker() : undefined;
}

async function onKafka(): Promise<number> {
  const { problems } = await runKafkaChaos({
    killCount: Number(values.kills),
    seed: Number(values.seed),
    port: Number(values.port),
    createProgram: values.program === 'oracle' ? oracleProgram : await guideProgram(),
    say,
  });
  return problems.length === 0 ? 0 : 1;
}

async function oracleProgram(place: ProgramPlace): Promise<ChaosProgram> {
  const counts = { keyCount: Number(values.keys), turnCount: Number(values.turns), partitionCount: Number(values.partitions) };
  return createOracleProgram({ ...place, shape: { name: 'oracle', groupCount: 1_000, ...counts }, isTalkative: values.verbose });
}

/** The undisturbed run is one process on the embedded log: what comes out must not depend on the log either. */
async function guideProgram(): Promise<(place: ProgramPlace) => Promise<ChaosProgram>> {
  const { files, calm, undisturbed } = await runUndisturbed();
  const expected = await readOutcome(undisturbed.documents, calm.dataFolder, calm.outFolder);
  const keysFolder = join(calm.dataFolder, 'keys');
  const partitionCount = Number(values.partitions);
  return ({ folder: dataFolder, ...place }) => createGuideProgram({ ...place, dataFolder, partitionCount, files, expected, keysFolder });
}

async function runUndisturbed() {
  const files = layOutRecordings(join(folder, 'recordings'), {
    syntheticCount: Number(values.synthetic),
    eventCount: Number(values.events),
    pictureEvery: 40,
    miniwobCount: Number(values.miniwob),
    seed: Number(values.seed),
  });
  const calm = { files, dataFolder: join(folder, 'calm-data'), outFolder: join(folder, 'calm-out') };
  const undisturbed = await runGuideProcess(calm);
  say(
    `undisturbed: ${undisturbed.documents.length} guides of ${files.length} files in ${seconds(undisturbed.livedMs)}, seed ${values.seed}\n`,
  );
  if (undisturbed.exitCode !== 0) throw new Error(undisturbed.notes.join('\n'));
  return { files, calm, undisturbed };
}

async function main(): Promise<number> {
  const killCount = Number(values.kills);
  const { files, calm, undisturbed } = await runUndisturbed();
  const expected = await readOutcome(undisturbed.documents, calm.dataFolder, calm.outFolder);
  say(row(['kill', 'aim', 'after', 'under way', 'events', 'steps', 'pictures', 'guides', 'printed', 'changelog', 'restored at its start']));
  // A life does about this much of the whole, so that the work outlasts the kills.
  const workMs = Number(values['work-ms']) || Math.max(400, (undisturbed.livedMs * 2) / killCount);
  const killed = { files, dataFolder: join(folder, 'killed-data'), outFolder: join(folder, 'killed-out') };
  const run = await runKilled({
    ...killed,
    keysFolder: join(calm.dataFolder, 'keys'),
    plan: planKills(createDice(Number(values.seed)), killCount, workMs),
    onKill: (kill, number) => say(killRow(kill, number)),
  });
  const actual = await readOutcome(run.last.documents, killed.dataFolder, killed.outFolder);
  return report(run, differences(expected, actual));
}

function killRow({ planned, livedMs, phase, progress, documentCount, restored }: Kill, number: number): string {
  const restores = restored.map(({ taskId, count, wipedFor }) => `${taskId}:${count}${wipedFor === undefined ? '' : ` WIPED ${wipedFor}`}`);
  const { eventRecordCount, stepRecordCount, derivativeCount, publishedCount, changelogRecordCount } = progress;
  const counts = [eventRecordCount, stepRecordCount, derivativeCount, publishedCount, documentCount, changelogRecordCount];
  return row([number, planned.aim, seconds(livedMs), phase, ...counts, restores.join(' ') || '–']);
}

function report({ kills, last, lastRestored, complaints }: KilledRun, problems: readonly string[]): number {
  const phases = new Map<string, number>();
  for (const { phase } of kills) phases.set(phase, (phases.get(phase) ?? 0) + 1);
  const restores = [...kills.flatMap(({ restored }) => restored), ...lastRestored];
  const wipes = restores.filter(({ wipedFor }) => wipedFor !== undefined);
  const counts = restores.map(({ count }) => count);
  const whole = kills.at(-1)?.progress.changelogRecordCount ?? 0;
  say(`\nkills: ${kills.length} of ${values.kills} planned (a life that was done before its moment is no kill)`);
  say(`where: ${[...phases].map(([phase, count]) => `${phase} ${count}`).join(', ')}`);
  say(`restored: ${restores.length} tasks, ${Math.max(0, ...counts)} records at most, of changelogs with ${whole} records together`);
  say(`stores wiped: ${wipes.length}`);
  say(`last life: exit ${last.exitCode}, ${last.documents.length} guides, ${seconds(last.livedMs)}`);
  for (const complaint of complaints) say(`stderr: ${complaint}`);
  for (const problem of problems) say(`DIFFERENT: ${problem}`);
  const isRight = problems.length === 0 && wipes.length === 0 && last.exitCode === 0;
  say(isRight ? 'guides, files and stored documents are byte-equal to the undisturbed run; no dead letters' : 'NOT the same');
  return isRight ? 0 : 1;
}

function row(cells: readonly (string | number)[]): string {
  const widths = [4, 9, 7, 36, 7, 7, 9, 7, 8, 10];
  return cells
    .map((cell, index) => String(cell).padEnd(widths[index] ?? 0))
    .join(' ')
    .trimEnd();
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
