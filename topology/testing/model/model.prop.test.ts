/**
 * Random topologies and inputs on the engine under random crashes, log faults, held and failing flushes, rivals and lost disks, compared with
 * an interpreter that shares no code with it. `npm run prove -- --seconds N` runs the same properties for longer.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { atLeastOnceProperty, exactlyOnceProperty } from './model-properties.ts';

test('T1 K1-K8 any topology under any schedule has the outputs and stores of the naive interpreter', async (t) => {
  const seed = Date.now() % 2 ** 31;
  t.diagnostic(`seed ${seed}`);
  let restartCount = 0;
  await fc.assert(
    exactlyOnceProperty((count) => (restartCount += count)),
    { seed, numRuns: 150, timeout: 10_000 },
  );
  t.diagnostic(`${restartCount} restarts`);
  assert.ok(restartCount > 50, 'the schedules hardly disturbed anything: the test tests nothing');
});

test('at_least_once under any schedule loses no output, and its stores end as the naive interpreter says', async (t) => {
  const seed = Date.now() % 2 ** 31;
  t.diagnostic(`seed ${seed}`);
  let restartCount = 0;
  await fc.assert(
    atLeastOnceProperty((count) => (restartCount += count)),
    { seed, numRuns: 200, timeout: 10_000 },
  );
  t.diagnostic(`${restartCount} restarts`);
  assert.ok(restartCount > 20, 'the schedules hardly disturbed anything: the test tests nothing');
});
