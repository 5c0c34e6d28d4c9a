import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringSerde } from '../../schemas/serdes.ts';
import { stringKey } from '../../state/keys/key-serdes.ts';
import { createMemoryBackendFactory } from '../../state/memory/memory-backend.ts';
import { StepwrightError } from '../base/errors.ts';
import type { StreamRecord } from '../builder/processor.ts';
import { createTopologyBuilder } from '../builder/topology-builder.ts';
import { createMemoryLog } from '../log/memory/memory-log.ts';
import { createRecordingMetrics } from '../testing/recording-metrics.ts';
import type { TestDriverOptions, TopologyTestDriver } from '../testing/topology-test-driver.ts';
import { createTopologyTestDriver } from '../testing/topology-test-driver.ts';

type Call = {
  readonly key: string;
  readonly value: string;
  readonly signal: AbortSignal;
  finish(value: string): void;
  fail(error: Error): void;
};

/** A topology whose calls end when the test says so. */
function controlled(concurrencyCount = 2) {
  const calls: Call[] = [];
  const builder = createTopologyBuilder('async');
  const lines = builder.source('lines', { topic: 'lines', key: stringSerde, value: stringSerde });
  const mapped = builder.mapAsync('call', {
    from: lines,
    concurrencyCount,
    key: stringKey,
    input: stringSerde,
    bypass: ({ value }: StreamRecord<string, string>) => (value.startsWith('!') ? value : undefined),
    map: ({ key, value }: StreamRecord<string, string>, signal) =>
      new Promise<string>((finish, fail) => void calls.push({ key, value, signal, finish, fail })),
  });
  builder.sink('answers', { from: mapped, topic: 'answers', key: stringSerde, value: stringSerde });
  return { topology: builder.build(), calls };
}

async function start(topology: TestDriverOptions['topology'], options: Partial<TestDriverOptions> = {}) {
  const driver = await createTopologyTestDriver({ topology, ...options });
  return { driver, input: driver.input('lines', stringSerde, stringSerde), output: driver.output('answers', stringSerde, stringSerde) };
}

/** Lets promises settle, then runs what they posted. */
async function step(driver: TopologyTestDriver): Promise<void> {
  await new Promise(setImmediate);
  await driver.run();
}

const texts = (records: readonly { readonly value: string | null }[]) => records.map(({ value }) => value);

test('keys run side by side up to the bound, the rest waits', async () => {
  const { topology, calls } = controlled(2);
  const { driver, input } = await start(topology);
  for (const key of ['a', 'b', 'c']) await input.pipe(key, key);
  assert.deepEqual(
    calls.map(({ key }) => key),
    ['a', 'b'],
  );
  calls[0]?.finish('A');
  await step(driver);
  assert.deepEqual(
    calls.map(({ key }) => key),
    ['a', 'b', 'c'],
  );
  await driver.kill();
});

test('one key runs one call at a time and keeps its order; another key overtakes it', async () => {
  const { topology, calls } = controlled();
  const { driver, input, output } = await start(topology);
  await input.pipe('a', '1');
  await input.pipe('a', '2');
  await input.pipe('b', '3');
  assert.deepEqual(
    calls.map(({ value }) => value),
    ['1', '3'],
  );
  calls[1]?.finish('three');
  await step(driver);
  calls[0]?.finish('one');
  await step(driver);
  calls[2]?.finish('two');
  await driver.settle();
  assert.deepEqual(texts(await output.read()), ['three', 'one', 'two']);
  await driver.close();
});

test('a bypassed record stays in order behind its key and overtakes nothing', async () => {
  const { topology, calls } = controlled();
  const { driver, input, output } = await start(topology);
  await input.pipe('a', '!first');
  await input.pipe('a', 'slow');
  await input.pipe('a', '!behind');
  assert.deepEqual(texts(await output.read()), ['!first']);
  calls[0]?.finish('slow is done');
  await driver.settle();
  assert.deepEqual(texts(await output.read()), ['slow is done', '!behind']);
  assert.equal(calls.length, 1);
  await driver.close();
});

test('tells how many calls have no answer and how old the oldest is; what only keeps its place behind them is not counted', async () => {
  const { topology, calls } = controlled(1);
  const metrics = createRecordingMetrics();
  const { driver, input } = await start(topology, { metrics });
  await input.pipe('a', 'one');
  await driver.advanceWallClock(3_000);
  await input.pipe('a', '!behind');
  await input.pipe('b', 'two');
  const at = { node: 'call' };
  assert.equal(metrics.total('async_pending_calls', at), 2);
  assert.equal(metrics.total('async_oldest_age_seconds', at), 3);
  assert.equal(metrics.total('async_in_flight'), 3);
  calls[0]?.finish('one');
  await step(driver);
  calls[1]?.finish('two');
  await driver.settle();
  assert.equal(metrics.total('async_pending_calls', at), 0);
  assert.equal(metrics.total('async_oldest_age_seconds', at), 0);
  await driver.close();
});

test('a commit does not wait for a call: offsets move past it, and a killed process issues it again', async () => {
  const { topology, calls } = controlled();
  const log = createMemoryLog();
  const backend = createMemoryBackendFactory();
  const first = await start(topology, { log, backend });
  await first.input.pipe('a', '1');
  await first.input.pipe('a', '2');
  assert.equal((await log.committed('async', [{ topic: 'lines', partition: 0 }]))[0]?.nextOffset, 2n);
  await first.driver.kill();
  const second = await start(topology, { log, backend });
  assert.deepEqual(
    calls.map(({ value }) => value),
    ['1', '1'],
  );
  calls[0]?.finish('from the dead process');
  calls[1]?.finish('one');
  await step(second.driver);
  calls[2]?.finish('two');
  await second.driver.settle();
  assert.deepEqual(texts(await second.output.read()), ['one', 'two']);
  await second.driver.close();
});

test('K4 a rollback aborts the calls in flight', async () => {
  const { topology, calls } = controlled();
  const { driver, input } = await start(topology);
  await input.pipe('a', '1');
  const [task] = driver.tasks();
  task?.rollBack();
  assert.equal(calls[0]?.signal.aborted, true);
  await driver.run();
  assert.deepEqual([calls.length, calls[1]?.signal.aborted], [2, false]);
  await driver.kill();
});

test('K4 a result that arrives after a rollback is void: the call that was issued again answers, once', async () => {
  const { topology, calls } = controlled();
  const { driver, input, output } = await start(topology);
  await input.pipe('a', '1');
  driver.tasks()[0]?.rollBack();
  await driver.run();
  calls[0]?.finish('late');
  await step(driver);
  assert.deepEqual(texts(await output.read()), []);
  calls[1]?.finish('one');
  await driver.settle();
  assert.deepEqual(texts(await output.read()), ['one']);
  await driver.close();
});

test('a rejection with disposition retry is called again after a back-off, in its place', async () => {
  const { topology, calls } = controlled();
  const { driver, input, output } = await start(topology);
  await input.pipe('a', '1');
  await input.pipe('a', '2');
  calls[0]?.fail(new StepwrightError('ASYNC_FAILED', 'busy', { disposition: 'retry' }));
  await step(driver);
  assert.equal(calls.length, 1, 'not before the back-off');
  await driver.advanceWallClock(10_000);
  calls[1]?.finish('one');
  await step(driver);
  calls[2]?.finish('two');
  await driver.settle();
  assert.deepEqual(texts(await output.read()), ['one', 'two']);
  await driver.close();
});

test('a rejection with disposition dead-letter goes to dead letters by reference, and its key goes on', async () => {
  const { topology, calls } = controlled();
  const { driver, input, output } = await start(topology);
  await input.pipe('a', 'secret-1');
  await input.pipe('a', '2');
  calls[0]?.fail(new StepwrightError('ASYNC_FAILED', 'refused', { disposition: 'dead-letter' }));
  await step(driver);
  calls[1]?.finish('two');
  await driver.settle();
  assert.deepEqual(texts(await output.read()), ['two']);
  const letters = await driver.deadLetters();
  assert.deepEqual(letters, [
    { topic: 'lines', partition: 0, offset: 0n, code: 'ASYNC_FAILED', nodeName: 'call', message: 'refused', owner: '' },
  ]);
  await driver.close();
});

test('any other rejection fails the task, and the call is issued again when it is rebuilt', async () => {
  const { topology, calls } = controlled();
  const log = createMemoryLog();
  const backend = createMemoryBackendFactory();
  const { driver, input } = await start(topology, { log, backend });
  await input.pipe('a', '1');
  calls[0]?.fail(new TypeError('a bug'));
  await assert.rejects(step(driver), TypeError);
  await driver.kill();
  const next = await start(topology, { log, backend });
  calls[1]?.finish('one');
  await next.driver.settle();
  assert.deepEqual(texts(await next.output.read()), ['one']);
  await next.driver.close();
});

test('an entry in flight that can no longer be read goes to dead letters instead of keeping its task from starting', async () => {
  let isForgotten = false;
  const builder = createTopologyBuilder('async');
  const lines = builder.source('lines', { topic: 'lines', key: stringSerde, value: stringSerde });
  const forgetful = {
    ...stringSerde,
    deserialize: (bytes: Buffer) => {
      if (isForgotten) throw new StepwrightError('SEAL_KEY_GONE', 'the session was forgotten', { disposition: 'dead-letter' });
      return bytes.toString();
    },
  };
  const mapped = builder.mapAsync('call', {
    from: lines,
    concurrencyCount: 1,
    key: stringKey,
    input: forgetful,
    map: () => new Promise<string>(() => {}),
  });
  builder.sink('answers', { from: mapped, topic: 'answers', key: stringSerde, value: stringSerde });
  const topology = builder.build();
  const log = createMemoryLog();
  const backend = createMemoryBackendFactory();
  const first = await start(topology, { log, backend });
  await first.input.pipe('a', '1');
  await first.driver.kill();
  isForgotten = true;
  const second = await start(topology, { log, backend, deadLetterOwner: (key) => `of ${key.toString()}` });
  await second.driver.settle();
  assert.deepEqual(
    (await second.driver.deadLetters()).map(({ code, offset, owner }) => [code, offset, owner]),
    [['SEAL_KEY_GONE', 0n, 'of a']],
  );
  await second.driver.close();
});
