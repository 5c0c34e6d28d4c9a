import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { SinkTarget } from '../runner/sink-target.ts';
import { disturbances } from './disturbance-contract.ts';
import { createBench, decodeAll, type SinkBench, type SinkSamples, type SinkUnderTest } from '../test-support/sink-bench.ts';
import { withApply } from '../test-support/with-apply.ts';

/** What every sink promises, run by the same runner. */
export function sinkContract<Row>(name: string, make: () => Promise<SinkUnderTest<Row>>, samples: () => Promise<SinkSamples>): void {
  const test = (title: string, body: (bench: SinkBench<Row>, values: SinkSamples['values']) => Promise<void>): void => {
    it(title, async () => {
      const sink = await make();
      const bench = await createBench(sink);
      try {
        await body(bench, (await samples()).values);
      } finally {
        await bench.log.close();
        await sink.end();
      }
    });
  };
  describe(`sink contract: ${name}`, () => {
    effects(test);
    failures(test, make, samples);
    crashes(make, samples);
    disturbances(make, samples);
  });
}

type Test<Row> = (title: string, body: (bench: SinkBench<Row>, values: SinkSamples['values']) => Promise<void>) => void;

function effects<Row>(test: Test<Row>): void {
  test('goes on where it stopped and has the effect of one run (S1)', async ({ sink, send, drain }, values) => {
    const nothing = await sink.effect();
    await send(values.slice(0, 2));
    await drain();
    const half = await sink.effect();
    assert.notDeepEqual(half, nothing);
    await send(values.slice(2));
    await drain();
    const whole = await sink.effect();
    assert.notDeepEqual(whole, half);
    await drain();
    assert.deepEqual(await sink.effect(), whole);
  });
  test('has the same effect in batches of one', async ({ sink, send, drain }, values) => {
    await send(values);
    await drain({ batchRows: 1, batchBytes: 1, lingerMs: 0 });
    const single = await sink.effect();
    assert.notDeepEqual(single, undefined);
    await drain();
    assert.deepEqual(await sink.effect(), single);
  });
  test('has the effect of one run when its rows stood already, without positions (S1)', async ({ log, sink, send, drain }, values) => {
    await send(values);
    const target = await sink.open();
    const rows = await decodeAll(log, target);
    await target.apply({ rows, ranges: [] });
    await target.close();
    const before = await sink.effect();
    await drain();
    assert.deepEqual(await sink.effect(), before);
  });
  test('shows nothing of an aborted transaction', async ({ log, sink, drain }, values) => {
    const nothing = await sink.effect();
    const producer = await log.openSink({ transactionalId: 'aborting' });
    producer.begin();
    producer.send(values.map(({ topic, value }) => ({ topic, value, partition: 0, key: Buffer.from('acme/s1'), timestampMs: 0 })));
    await producer.abort();
    await producer.close();
    await drain();
    assert.deepEqual(await sink.effect(), nothing);
  });
  test('forgets a session, counts what went, and lets nothing late pass', async ({ sink, send, drain }, values) => {
    await send(values);
    await drain();
    const target = await sink.open();
    const ids = Array.from({ length: 9 }, (_value, index) => `s${index + 1}`);
    let wentCount = 0;
    for (const id of ids) wentCount += await target.forget('acme', id);
    assert.ok(wentCount > 0);
    await target.close();
    const forgotten = await sink.effect();
    await send(values);
    await drain();
    assert.deepEqual(await sink.effect(), forgotten);
  });
}

function failures<Row>(test: Test<Row>, make: () => Promise<SinkUnderTest<Row>>, samples: () => Promise<SinkSamples>): void {
  test('sends what it cannot read to dead letters, by reference, and applies the rest (S3)', async ({
    sink,
    send,
    drain,
    letters,
  }, values) => {
    const [first, second] = values;
    assert.ok(first !== undefined && second !== undefined);
    await send([{ topic: first.topic, value: Buffer.from('canary: not a record') }, ...values]);
    await drain();
    assert.deepEqual(
      letters.map(({ topic, partition, offset, code, tenantId }) => ({ topic, partition, offset, code, tenantId })),
      [{ topic: first.topic, partition: 0, offset: 0, code: 'SERDE_FAILED', tenantId: 'acme' }],
    );
    assert.doesNotMatch(JSON.stringify(letters), /canary/);
    assert.notDeepEqual(await sink.effect(), undefined);
  });
  it('has the effect of an undisturbed run when the target fails in between', async () => {
    const { values } = await samples();
    const runs = [];
    for (const failEvery of [0, 2]) {
      const sink = await make();
      const bench = await createBench({ ...sink, open: async () => flaky(await sink.open(), failEvery) });
      await bench.send(values);
      await bench.drain({ batchRows: 1, lingerMs: 0, firstRetryMs: 1, maxRetryMs: 1 });
      runs.push(await sink.effect());
      await bench.log.close();
      await sink.end();
    }
    assert.deepEqual(runs[1], runs[0]);
  });
}

function crashes<Row>(make: () => Promise<SinkUnderTest<Row>>, samples: () => Promise<SinkSamples>): void {
  it('loses nothing and shows nothing twice, whichever of its requests it dies at: rows stand before their position (S1, S4)', async () => {
    const { values } = await samples();
    const calm = await crashedRun(make, values);
    let doneCount = 0;
    for (let hasDied = true; hasDied; doneCount++) {
      const run = await crashedRun(make, values, doneCount);
      assert.deepEqual(run.effect, calm.effect, `died after ${doneCount} requests`);
      ({ hasDied } = run);
      assert.ok(doneCount < 500, 'there is an end of its requests');
    }
    // Where there are two kinds of writes, it died at one of each.
    assert.ok(doneCount > (calm.isOneWrite ? 1 : 2), `died ${doneCount - 1} times`);
  });
}

interface CrashedRun {
  readonly hasDied: boolean;
  readonly isOneWrite: boolean;
  readonly effect: unknown;
}

/** Runs a target that dies after so many requests, when a number is given, then another one to the end. */
async function crashedRun<Row>(
  make: () => Promise<SinkUnderTest<Row>>,
  values: SinkSamples['values'],
  doneCount?: number,
): Promise<CrashedRun> {
  const sink = await make();
  const bench = await createBench(sink);
  const isOneWrite = sink.openDying === 'one-write';
  try {
    await bench.send(values);
    let hasDied = false;
    if (doneCount !== undefined) {
      const target = sink.openDying === 'one-write' ? dyingAtApply(await sink.open(), doneCount) : await sink.openDying(doneCount);
      const runner = await bench.run({ target });
      await runner.whenApplied(await bench.ends()).catch(() => undefined);
      hasDied = !runner.isHealthy;
      await runner.close();
    }
    await bench.drain();
    return { hasDied, isOneWrite, effect: await sink.effect() };
  } finally {
    await bench.log.close();
    await sink.end();
  }
}

/** Every `failEvery`th call fails, by turns before and after the work was done. */
function flaky<Row>(target: SinkTarget<Row>, failEvery: number): SinkTarget<Row> {
  let callCount = 0;
  return withApply(target, async (batch) => {
    callCount++;
    const fails = failEvery > 0 && callCount % failEvery === 0;
    if (fails && callCount % (2 * failEvery) === 0)
      throw new StepwrightError('SINK_FAILED', 'Made to fail before.', { disposition: 'retry' });
    await target.apply(batch);
    if (fails) throw new StepwrightError('SINK_FAILED', 'Made to fail after.', { disposition: 'retry' });
  });
}

/** Applies so many batches and then dies, before the next one. */
function dyingAtApply<Row>(target: SinkTarget<Row>, applyCount: number): SinkTarget<Row> {
  let left = applyCount;
  return withApply(target, async (batch) => {
    left -= 1;
    if (left < 0) throw new StepwrightError('SINK_FAILED', 'died');
    await target.apply(batch);
  });
}
