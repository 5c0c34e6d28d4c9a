/** `npm run prove -- --seconds N [--seed S]`: the properties of `model.prop.test.ts`, N seconds each, until one fails. */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { atLeastOnceProperty, exactlyOnceProperty } from './model-properties.ts';

/** A case that takes this long hangs. */
const caseTimeoutMs = 10_000;

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } } });
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
for (const [name, property] of [
  ['exactly_once', exactlyOnceProperty],
  ['at_least_once', atLeastOnceProperty],
] as const) {
  let caseCount = 0;
  let restartCount = 0;
  const onRun = (count: number) => {
    caseCount += 1;
    restartCount += count;
  };
  await fc.assert(property(onRun), {
    seed,
    numRuns: 1e9,
    timeout: caseTimeoutMs,
    interruptAfterTimeLimit: Number(values.seconds) * 1_000,
    markInterruptAsFailure: false,
  });
  process.stdout.write(`${name}: seed ${seed}, ${caseCount} cases, ${restartCount} restarts, no difference\n`);
}
