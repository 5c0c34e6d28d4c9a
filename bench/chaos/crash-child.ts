/**
 * `stepwright guide` that dies by its own hand at a named point: `node crash-child.js POINT PASS FILE… --data DIR --out DIR`. POINT is one of the
 * engine's (`folded`) or the keyring's (`mint.linked`); PASS says how often it is passed before.
 */
import { guideOptions } from '../../cli/commands/guide.ts';
import { runGuides } from '../../cli/guide/run-guides.ts';
import { parseOptions } from '../../topology/base/options.ts';
import type { CrashPoints } from '../../topology/runtime/crash-points.ts';

const [wanted = '', passText = '0', ...args] = process.argv.slice(2);
let leftCount = Number(passText);

function reach(point: string): void {
  if (point !== wanted) return;
  leftCount -= 1;
  if (leftCount < 0) process.kill(process.pid, 'SIGKILL');
}

const crashPoints: CrashPoints = { isArmed: true, reach, isCrash: () => false };
const { values, positionals } = parseOptions(guideOptions, { args, env: {}, otherEnvNames: [] });
const alive = setInterval(() => {}, 2 ** 30);
process.exitCode = await runGuides(values, positionals, {
  context: {
    env: {},
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    stopped: new AbortController().signal,
  },
  crashes: { crashPoints, keyringCrashPoint: reach },
});
clearInterval(alive);
