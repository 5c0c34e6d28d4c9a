import assert from 'node:assert/strict';
import fc from 'fast-check';
import { modelKeys, nodeKinds, recordsArbitrary, shapeArbitrary } from './model-case.ts';
import type { ModelRecord, ModelShape } from './model-case.ts';
import { checkNothingOpen, checkOutputs, checkStores, interpret, readTopic } from './model-check.ts';
import { runModel } from './model-run.ts';
import { scheduleArbitrary } from './model-schedule.ts';
import type { ModelSchedule } from './model-schedule.ts';

/** Told the number of restarts of each case, so that a test can see that it tests something. */
type OnRun = (restartCount: number) => void;

/** T1 K1–K8: outputs and stores of any topology under any schedule are those of the interpreter. */
export function exactlyOnceProperty(onRun: OnRun): fc.IAsyncProperty<[ModelShape, readonly ModelRecord[], ModelSchedule]> {
  const shapes = shapeArbitrary(nodeKinds, false);
  return fc.asyncProperty(shapes, recordsArbitrary, scheduleArbitrary('exactly_once'), async (shape, records, schedule) => {
    const run = await runModel(shape, records, schedule);
    const models = interpret(shape, records, schedule.partitionCount);
    await checkOutputs(shape, models, run.log);
    await checkStores(shape, models, run);
    await checkOutputs(shape, models, run.log);
    await checkNothingOpen(run, schedule.partitionCount);
    onRun(run.restartCount);
  });
}

/** at_least_once, state that may be repeated: every output is there, in its order, perhaps among repeats; stores end alike. */
export function atLeastOnceProperty(onRun: OnRun): fc.IAsyncProperty<[ModelShape, readonly ModelRecord[], ModelSchedule]> {
  const shapes = shapeArbitrary(['max', 'scale'], true);
  return fc.asyncProperty(shapes, recordsArbitrary, scheduleArbitrary('at_least_once'), async (shape, records, schedule) => {
    const run = await runModel(shape, records, schedule, 'at_least_once');
    const models = interpret(shape, records, schedule.partitionCount);
    for (const [partition, model] of models.entries()) {
      for (const [topic, expected] of model.outputs) checkContains(await readTopic(run.log, topic, partition), expected, topic);
    }
    await checkStores(shape, models, run);
    onRun(run.restartCount);
  });
}

function checkContains(found: readonly ModelRecord[], expected: readonly ModelRecord[], topic: string): void {
  for (const key of modelKeys) {
    const left = expected.filter((record) => record.key === key);
    for (const record of found) {
      const next = left[0];
      if (next?.key === record.key && next.value === record.value && next.timestampMs === record.timestampMs) left.shift();
    }
    assert.deepEqual(left, [], `${topic} lacks records of key ${key}`);
  }
}
