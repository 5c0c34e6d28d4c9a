import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { versitygwAccess, versitygwService } from '../../../services/versitygw/versitygw-service.ts';
import { environment, spreadOf } from '../../environment.ts';
import { contestants, type Held, type LakeContestant, type Run } from './contestant.ts';
import { shape } from './plan.ts';

/** Compilers are done after about a second each. */
const warmUpCount = 3;
const runCount = 8;

const { region, ...credentials } = versitygwAccess;
const address = versitygwService.running()?.address ?? (await versitygwService.start()).address;
const endpoint = process.argv[2] ?? `http://${address}`;
const bucket = `bench-${randomUUID()}`;
const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
await client.send(new CreateBucketCommand({ Bucket: bucket }));
client.destroy();

const program = fileURLToPath(new URL('./contestant.js', import.meta.url));
const children = contestants.map((name) => ({ name, child: fork(program, [name, endpoint, bucket]) }));
const ended = Promise.race(
  children.map(async ({ name, child }): Promise<never> => {
    await once(child, 'exit');
    throw new Error(`${name} ended`);
  }),
);

async function answerOf<Answer>(child: ChildProcess, question: 'run' | 'check'): Promise<Answer> {
  const answered = once(child, 'message');
  child.send(question);
  const [answer]: Answer[] = await Promise.race([answered, ended]);
  if (answer === undefined) throw new Error('an empty answer');
  return answer;
}

const results: Record<LakeContestant, Run[]> = { sink: [], 'plain loop': [] };
for (let turn = 0; turn < warmUpCount + runCount; turn++) {
  // Sides take turns in going first, so that none always meets the other's leftovers.
  for (const { name, child } of turn % 2 === 0 ? children : children.toReversed()) {
    const run = await answerOf<Run>(child, 'run');
    if (turn >= warmUpCount) results[name].push(run);
  }
}
const held = await Promise.all(children.map(({ child }) => answerOf<Held>(child, 'check')));
assert.deepEqual(held[0], held[1]);
ended.catch(() => {});
for (const { child } of children) child.kill();

const hundredths = (value: number): number => Math.round(value * 100) / 100;
const spreadIn = (name: LakeContestant, value: keyof Run) => spreadOf(results[name].map((run) => run[value]));
/** Of the runs of one turn, since the server's own work strikes whole turns. */
const inTurn = (value: keyof Run) =>
  spreadOf(results.sink.map((run, turn) => hundredths(run[value] / (results['plain loop'][turn]?.[value] ?? Number.NaN))));
const report = {
  environment: environment(),
  server: versitygwService.title,
  shape,
  files: held[0]?.objectCount,
  records: held[0]?.recordCount,
  mibPerSecond: { sink: spreadIn('sink', 'mibPerSecond'), plainLoop: spreadIn('plain loop', 'mibPerSecond') },
  ratio: inTurn('mibPerSecond'),
  clientCpu: inTurn('cpuSeconds'),
  peakRssMib: { sink: spreadIn('sink', 'peakRssMib').highest, plainLoop: spreadIn('plain loop', 'peakRssMib').highest },
};
console.log(JSON.stringify(report, undefined, 1));
if (process.argv[3] !== undefined) await writeFile(process.argv[3], `${JSON.stringify(report, undefined, 1)}\n`);
