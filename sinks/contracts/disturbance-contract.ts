import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Clock } from '../../topology/base/clock.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { SinkBatch, SinkTarget } from '../runner/sink-target.ts';
import { createBench, decodeAll, type SinkBench, type SinkSamples, type SinkUnderTest } from '../test-support/sink-bench.ts';
import { withApply } from '../test-support/with-apply.ts';

type Make<Row> = () => Promise<SinkUnderTest<Row>>;
type Values = SinkSamples['values'];

const awayMs = 60_000;

/** What a sink and its server may go through; afterwards a reader sees what an undisturbed run shows. */
export function disturbances<Row>(make: Make<Row>, samples: () => Promise<SinkSamples>): void {
  const equal = (
    title: string,
    disturbed: (bench: SinkBench<Row>, values: Values) => Promise<void>,
    sent = (values: Values) => values,
  ): void => {
    it(title, async () => {
      const { values } = await samples();
      const effects = [];
      for (const body of [undisturbed(sent(values)), disturbed]) {
        const sink = await make();
        const bench = await createBench(sink);
        try {
          await body(bench, values);
          effects.push(await sink.effect());
        } finally {
          await bench.log.close();
          await sink.end();
        }
      }
      assert.deepEqual(effects[1], effects[0]);
    });
  };
  equal('shows nothing twice when the same records come twice', async ({ send, drain }, values) => {
    await send(values);
    await drain();
    await send(values);
    await drain();
  });
  equal(
    'ends the same when a late writer applies everything again, newest first, one by one',
    async ({ log, sink, send, drain }, values) => {
      await send(values);
      const lateWriter = async (): Promise<void> => {
        const late = await sink.open();
        for (const row of (await decodeAll(log, late)).toReversed()) await late.apply({ rows: [row], ranges: [] });
        await late.close();
      };
      await lateWriter();
      await drain();
      await lateWriter();
    },
  );
  equal('leaves out the one record that the server refuses, tells it by reference, and applies all others', refusingOne, (values) =>
    values.map((value, index) => (index === refusedIndex ? { ...value, value: Buffer.from('not a record') } : value)),
  );
  equal('waits while the server is away for a minute, ever less often, and goes on', async ({ sink, send, run, ends, letters }, values) => {
    await send(values);
    const clock = jumpingClock();
    let tryCount = 0;
    let backAtMs: number | undefined;
    const target = before(await sink.open(), () => {
      tryCount += 1;
      backAtMs ??= clock.monotonicMs() + awayMs;
      if (clock.monotonicMs() < backAtMs) throw new StepwrightError('SINK_FAILED', 'Away.', { disposition: 'retry' });
    });
    const runner = await run({ target, clock, random: () => 0.5 });
    await runner.whenApplied(await ends());
    assert.equal(runner.isHealthy, true);
    await runner.close();
    assert.ok(tryCount > 5 && tryCount < 40, `${tryCount} tries in a minute`);
    assert.deepEqual(letters, []);
  });
  it('a slow server holds up its own sink, which reads no further, and no other', async () => {
    const { values } = await samples();
    const [slow, quick] = [await make(), await make()];
    const bench = await createBench(quick);
    await bench.send(values);
    const gate = closedGate();
    let decodedCount = 0;
    const open = before(await slow.open(), () => gate.passed);
    const counted: SinkTarget<Row> = { ...open, decode: (topic, record) => ((decodedCount += 1), open.decode(topic, record)) };
    const small = { batchRows: 1, batchBytes: 1 };
    const [slowRunner, quickRunner] = [await bench.run({ target: counted, ...small }), await bench.run(small)];
    await quickRunner.whenApplied(await bench.ends());
    assert.ok(decodedCount < values.length, `${decodedCount} of ${values.length} records were read`);
    assert.deepEqual(
      slowRunner.applied().filter(({ nextOffset }) => nextOffset > 0n),
      [],
    );
    gate.open();
    await slowRunner.whenApplied(await bench.ends());
    await Promise.all([slowRunner.close(), quickRunner.close()]);
    assert.deepEqual(await slow.effect(), await quick.effect());
    await bench.log.close();
    await Promise.all([slow.end(), quick.end()]);
  });
}

function undisturbed(values: Values): (bench: Pick<SinkBench<never>, 'send' | 'drain'>) => Promise<void> {
  return async ({ send, drain }) => {
    await send(values);
    await drain();
  };
}

const refusedIndex = 1;

async function refusingOne<Row>({ log, sink, send, run, ends, letters }: SinkBench<Row>, values: Values): Promise<void> {
  await send(values);
  const inner = await sink.open();
  // Records of a topic are numbered from 0 in the order sent.
  const topic = values[refusedIndex]?.topic;
  const offset = BigInt(values.slice(0, refusedIndex).filter((value) => value.topic === topic).length);
  const target = before(inner, ({ rows }) => {
    if (rows.some((row) => row.topic === topic && row.offset === offset)) {
      throw new StepwrightError('SINK_FAILED', 'Refused.', { disposition: 'dead-letter' });
    }
  });
  assert.equal((await decodeAll(log, inner)).length, values.length);
  const runner = await run({ target });
  await runner.whenApplied(await ends());
  await runner.close();
  assert.deepEqual(
    letters.map((letter) => [letter.topic, letter.partition, letter.offset, letter.tenantId]),
    [[topic, 0, Number(offset), 'acme']],
  );
}

/** Asks before each write. */
function before<Row>(target: SinkTarget<Row>, ask: (batch: SinkBatch<Row>) => unknown): SinkTarget<Row> {
  return withApply(target, async (batch) => {
    await ask(batch);
    await target.apply(batch);
  });
}

/** Time that passes only where somebody waits for it, and then at once. */
function jumpingClock(): Clock {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    setTimer: (delayMs, callback) => {
      const soon = setImmediate(() => {
        nowMs += delayMs;
        callback();
      });
      return () => clearImmediate(soon);
    },
  };
}

function closedGate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open: () => open() };
}
