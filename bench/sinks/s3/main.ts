/**
 * Question: how much slower than the SDK alone is the S3 sink? README.md says what is measured and what is not.
 * Run: `npm run services -- up versitygw`, then `node dist/bench/sinks/s3/main.js [result.json]`.
 */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { versitygwAccess, versitygwService } from '../../../services/versitygw/versitygw-service.ts';
import { environment, hundredths, spreadOf } from '../../environment.ts';
import { mostAtOnce } from './plain-puts.ts';
import { contestants, kinds, sizes, type Kind, type Run, type S3Contestant } from './s3-contestant.ts';

/** Compilers are done after about four of a second each. */
const warmUpCount = 5;
const runCount = 7;

const { region, ...credentials } = versitygwAccess;
const { address } = await versitygwService.start();
const endpoint = `http://${address}`;
const bucket = `bench-${randomUUID()}`;
const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
await client.send(new CreateBucketCommand({ Bucket: bucket }));
client.destroy();

const program = fileURLToPath(new URL('./s3-contestant.js', import.meta.url));
const children = new Map(contestants.map((name) => [name, fork(program, [name, endpoint, bucket])]));
const ended = Promise.race(
  [...children].map(async ([name, child]): Promise<never> => {
    await once(child, 'exit');
    throw new Error(`${name} ended`);
  }),
);

async function runOf(name: S3Contestant, kind: Kind): Promise<Run> {
  const child = children.get(name);
  if (child === undefined) throw new Error(`${name} is not there`);
  const answered = once(child, 'message');
  child.send(kind);
  const [run]: Run[] = await Promise.race([answered, ended]);
  if (run === undefined) throw new Error('an empty answer');
  return run;
}

/** Pictures are not rendered. */
const sidesOf: Readonly<Record<Kind, readonly S3Contestant[]>> = { guides: contestants, pictures: ['ours', 'loop'] };
const results = new Map<string, Run[]>();
for (let turn = 0; turn < warmUpCount + runCount; turn++) {
  for (const kind of kinds) {
    // Sides take turns in going first, so that none always meets the other's leftovers.
    const sides = turn % 2 === 0 ? sidesOf[kind] : sidesOf[kind].toReversed();
    for (const name of sides) {
      const run = await runOf(name, kind);
      if (turn >= warmUpCount) results.set(`${kind} ${name}`, [...(results.get(`${kind} ${name}`) ?? []), run]);
    }
  }
}
ended.catch(() => {});
for (const child of children.values()) child.kill();

function reportOf(kind: Kind) {
  const runs = (name: S3Contestant): readonly Run[] => results.get(`${kind} ${name}`) ?? [];
  const values = (name: S3Contestant, value: keyof Run) => spreadOf(runs(name).map((run) => hundredths(run[value])));
  /** Within a turn, since what the machine does beside strikes whole turns. */
  const inTurn = (other: S3Contestant, value: keyof Run) =>
    spreadOf(runs('ours').map((run, turn) => hundredths(run[value] / (runs(other)[turn]?.[value] ?? Number.NaN))));
  const others = sidesOf[kind].filter((name) => name !== 'ours');
  return {
    count: sizes[kind],
    perSecond: Object.fromEntries(sidesOf[kind].map((name) => [name, values(name, 'perSecond')])),
    cpuMsEach: Object.fromEntries(sidesOf[kind].map((name) => [name, values(name, 'cpuMsEach')])),
    ratioTo: Object.fromEntries(others.map((name) => [name, inTurn(name, 'perSecond')])),
  };
}

const result = {
  environment: environment(),
  server: versitygwService.title,
  mostAtOnce,
  pictureBytes: sizes.pictureBytes,
  guides: reportOf('guides'),
  pictures: reportOf('pictures'),
};
console.log(JSON.stringify(result, undefined, 1));
if (process.argv[2] !== undefined) await writeFile(process.argv[2], `${JSON.stringify(result, undefined, 1)}\n`);
