/** What a processor sees besides stores and timers: punctuations, being caught up (T3), its source, named children, headers, drops. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringSerde } from '../../schemas/serdes.ts';
import { silentLogger, type Logger } from '../base/logger.ts';
import type { Processor, ProcessorContext } from '../builder/processor.ts';
import { createTopologyBuilder } from '../builder/topology-builder.ts';
import { createMemoryLog } from '../log/memory/memory-log.ts';
import { createRecordingMetrics } from '../testing/recording-metrics.ts';
import type { TestDriverOptions } from '../testing/topology-test-driver.ts';
import { createTopologyTestDriver } from '../testing/topology-test-driver.ts';

type Context = ProcessorContext<string, string>;

function oneProcessor(create: (context: Context) => Processor<string, string>) {
  const builder = createTopologyBuilder('context');
  const lines = builder.source('lines', { topic: 'lines', key: stringSerde, value: stringSerde });
  const told = builder.processor('p', { from: lines, create });
  builder.sink('left', { from: told, topic: 'left', key: stringSerde, value: stringSerde });
  builder.sink('right', { from: told, topic: 'right', key: stringSerde, value: stringSerde });
  return builder.build();
}

async function start(topology: TestDriverOptions['topology'], options: Partial<TestDriverOptions> = {}) {
  const driver = await createTopologyTestDriver({ topology, ...options });
  return { driver, input: driver.input('lines', stringSerde, stringSerde), output: driver.output('left', stringSerde, stringSerde) };
}

test('a punctuation runs by the wall clock, once however late, and what it forwards is committed', async () => {
  const { driver, output } = await start(
    oneProcessor((context) => {
      context.schedulePunctuation('tick', 1_000, (wallClockMs) => {
        assert.equal(context.source(), undefined);
        context.forward({ key: 'k', value: String(wallClockMs), timestampMs: wallClockMs }, 'left');
      });
      return { process: () => {} };
    }),
    { startAtMs: 0 },
  );
  await driver.advanceWallClock(999);
  assert.deepEqual(await output.read(), []);
  await driver.advanceWallClock(1);
  await driver.advanceWallClock(5_000);
  assert.deepEqual(
    (await output.read()).map(({ value }) => value),
    ['1000', '6000'],
  );
  await driver.close();
});

test('T3 a replay has no wall clock: punctuations do not run', async () => {
  let count = 0;
  const topology = oneProcessor((context) => {
    context.schedulePunctuation('tick', 1_000, () => (count += 1));
    return { process: () => {} };
  });
  const { driver } = await start(topology, { hasWallClock: false });
  await driver.advanceWallClock(100_000);
  assert.equal(count, 0);
  await driver.close();
});

test('T3 a task is caught up once it has read to the end its partition had when it was assigned', async () => {
  const log = createMemoryLog();
  await log.createTopics([{ name: 'lines', partitionCount: 1 }]);
  const producer = await log.openProducer();
  const records = ['1', '2', '3'].map((value) => ({
    topic: 'lines',
    partition: 0,
    key: Buffer.from('k'),
    value: Buffer.from(value),
    timestampMs: 1,
  }));
  await producer.send(records);
  // Behind the last visible record stands an aborted one: caught up is a position reached, not a count of records.
  const sink = await log.openSink({ transactionalId: 'other' });
  sink.begin();
  sink.send(records.slice(0, 1));
  await sink.abort();
  const seen: [string, boolean][] = [];
  const { driver, input } = await start(
    oneProcessor((context) => ({ process: ({ value }) => void seen.push([value, context.caughtUp()]) })),
    { log },
  );
  await input.pipe('k', '4');
  assert.deepEqual(seen, [
    ['1', false],
    ['2', false],
    ['3', true],
    ['4', true],
  ]);
  await driver.close();
});

test('forward reaches all children or the named one, and passes the headers of the input on', async () => {
  const { driver, input, output } = await start(
    oneProcessor((context) => ({
      process: ({ key, value, timestampMs }) => context.forward({ key, value, timestampMs }, value === 'right' ? 'right' : undefined),
    })),
  );
  const right = driver.output('right', stringSerde, stringSerde);
  await input.pipe('k', 'both', 1, [['trace', Buffer.from('t1')]]);
  await input.pipe('k', 'right', 2);
  const [first] = await output.read();
  assert.deepEqual([first?.value, first?.headers], ['both', [['trace', Buffer.from('t1')]]]);
  assert.deepEqual(
    (await right.read()).map(({ value }) => value),
    ['both', 'right'],
  );
  await driver.close();
});

test('forwarding to a name that is no child fails the task with both names', async () => {
  const { driver, input } = await start(oneProcessor((context) => ({ process: (record) => context.forward(record, 'up') })));
  await assert.rejects(input.pipe('k', 'v'), /"p" forwards to "up"/);
  await driver.kill();
});

test('a drop is counted by its reason, a dead letter names its source, and processing goes on', async () => {
  const metrics = createRecordingMetrics();
  const { driver, input, output } = await start(
    oneProcessor((context) => ({
      process: (record) => {
        if (record.value === 'old') return context.drop('late');
        if (record.value === 'bad') context.deadLetter('PROCESSING_FAILED', 'not what was asked for');
        context.forward(record);
      },
    })),
    { metrics },
  );
  for (const value of ['old', 'bad', 'good']) await input.pipe('k', value);
  assert.deepEqual(
    (await output.read()).map(({ value }) => value),
    ['bad', 'good'],
  );
  assert.equal(metrics.total('dropped_records_total', { node: 'p', reason: 'late' }), 1);
  assert.equal(metrics.total('dead_letters_total'), 1);
  assert.deepEqual(
    (await driver.deadLetters()).map(({ topic, offset, nodeName }) => [topic, offset, nodeName]),
    [['lines', 1n, 'p']],
  );
  await driver.close();
});

test('T3 a record written by a declared feedback edge comes back as input', async () => {
  const builder = createTopologyBuilder('feedback');
  const lines = builder.source('lines', { topic: 'lines', key: stringSerde, value: stringSerde });
  const told = builder.processor('p', {
    from: lines,
    create: (context: Context) => ({
      process: ({ key, value, timestampMs }) =>
        context.forward({ key, value: `${value}!`, timestampMs }, value.length < 3 ? 'facts' : 'left'),
    }),
  });
  builder.sink('facts', { from: told, topic: 'lines', key: stringSerde, value: stringSerde, feedback: true });
  builder.sink('left', { from: told, topic: 'left', key: stringSerde, value: stringSerde });
  const { driver, input, output } = await start(builder.build());
  await input.pipe('k', 'a');
  assert.deepEqual(
    (await output.read()).map(({ value }) => value),
    ['a!!!'],
  );
  await driver.close();
});

test('dead letters are warned about at once, then in sums, by reference and without the value', async () => {
  const warnings: unknown[] = [];
  const warn = (fields: unknown): void => void warnings.push(fields);
  const logger: Logger = { ...silentLogger, warn, child: () => logger };
  const { driver, input } = await start(
    oneProcessor((context) => ({ process: () => context.deadLetter('PROCESSING_FAILED', 'not today') })),
    { logger },
  );
  for (const value of ['secret-1', 'secret-2', 'secret-3']) await input.pipe('k', value, 1);
  assert.equal(warnings.length, 1);
  const text = JSON.stringify(warnings, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  for (const part of ['"count":1', '"topic":"lines"', '"offset":"0"', '"node":"p"', 'dead-letters.v1'])
    assert.ok(text.includes(part), part);
  assert.equal(text.includes('secret'), false);
  await driver.advanceWallClock(10_000);
  await input.pipe('k', 'secret-4', 2);
  assert.equal(warnings.length, 2);
  assert.match(
    JSON.stringify(warnings[1], (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    /"count":3/,
  );
  await driver.close();
});
