import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSerde, stringSerde } from '../../schemas/serdes.ts';
import { StepwrightError } from '../base/errors.ts';
import { createMemoryLog } from '../log/memory/memory-log.ts';
import type { Amount, Report } from '../testing/sample-topology.ts';
import { createSampleTopology, sampleStores } from '../testing/sample-topology.ts';
import { createTopologyTestDriver } from '../testing/topology-test-driver.ts';

const amountSerde = jsonSerde<Amount>();
const reportSerde = jsonSerde<Report>();
const refuse = () => {
  throw new StepwrightError('PROCESSING_FAILED', 'an amount that is not allowed', { disposition: 'dead-letter' });
};

test('bytes that are no record go to dead letters by reference, in order, and the next record is processed', async () => {
  const driver = await createTopologyTestDriver({ topology: createSampleTopology() });
  const canary = 'hunter2-is-not-json';
  await driver.pipeRaw('amounts', [
    { key: Buffer.from('a'), value: Buffer.from(canary), timestampMs: 1_000 },
    { key: null, value: Buffer.from('{"amount":1}'), timestampMs: 1_000 },
    { key: Buffer.from('a'), value: null, timestampMs: 1_000 },
    { key: Buffer.from('a'), value: Buffer.from('{"amount":5}'), timestampMs: 1_000 },
  ]);
  await driver.settle();
  const letters = await driver.deadLetters();
  assert.deepEqual(
    letters.map(({ offset, code, nodeName }) => [offset, code, nodeName]),
    [
      [0n, 'SERDE_FAILED', 'amounts'],
      [1n, 'SERDE_FAILED', 'amounts'],
      [2n, 'SERDE_FAILED', 'amounts'],
    ],
  );
  const text = JSON.stringify(letters, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  assert.ok(!text.includes('hunter2'), 'a dead letter holds a reference, never the value');
  assert.equal(driver.store(sampleStores.totals).get('a')?.sum, 5);
  await driver.close();
});

test('a record that fails after it wrote is undone whole, told once, and leaves its neighbours alone', async () => {
  const driver = await createTopologyTestDriver({ topology: createSampleTopology({ onPoison: refuse }) });
  const output = driver.output('reports', stringSerde, reportSerde);
  const poison = { amount: 1_000, poison: true } as const;
  const values: readonly Amount[] = [{ amount: 1 }, poison, { amount: 2 }, poison, { amount: 4 }];
  await driver.input('amounts', stringSerde, amountSerde).pipeAll(values.map((value) => ({ key: 'a', value, timestampMs: 1_000 })));
  await driver.settle();
  assert.deepEqual(
    (await output.read()).map(({ value }) => value?.sum),
    [1, 3, 7],
  );
  assert.deepEqual(
    (await driver.deadLetters()).map(({ offset, code, nodeName, message }) => [offset, code, nodeName, message]),
    [
      [1n, 'PROCESSING_FAILED', 'sum', 'an amount that is not allowed'],
      [3n, 'PROCESSING_FAILED', 'sum', 'an amount that is not allowed'],
    ],
  );
  await driver.close();
});

test('a handler may drop instead, or fail the task instead', async () => {
  const drop = await createTopologyTestDriver({
    topology: createSampleTopology({ onPoison: refuse }),
    handlers: { processing: () => 'drop' },
  });
  const values: readonly Amount[] = [{ amount: 1, poison: true }, { amount: 2 }];
  const records = values.map((value) => ({ key: 'a', value, timestampMs: 1_000 }));
  await drop.input('amounts', stringSerde, amountSerde).pipeAll(records);
  assert.deepEqual(await drop.deadLetters(), []);
  assert.equal(drop.store(sampleStores.totals).get('a')?.sum, 2);
  await drop.close();
  const fail = await createTopologyTestDriver({ topology: createSampleTopology(), handlers: { deserialization: () => 'fail' } });
  await assert.rejects(fail.pipeRaw('amounts', [{ key: Buffer.from('a'), value: Buffer.from('{') }]), { code: 'SERDE_FAILED' });
  await fail.kill();
});

test('an output above the log limit goes to dead letters, and what stands beside it is committed', async () => {
  const log = createMemoryLog({ maxRecordBytes: 400 });
  const { createTopologyBuilder } = await import('../builder/topology-builder.ts');
  const builder = createTopologyBuilder('big');
  const lines = builder.source('lines', { topic: 'lines', key: stringSerde, value: stringSerde });
  builder.sink('out', {
    from: lines,
    topic: 'out',
    key: stringSerde,
    value: { ...stringSerde, serialize: (text) => Buffer.from(text.repeat(100)) },
  });
  const driver = await createTopologyTestDriver({ topology: builder.build(), log });
  const output = driver.output('out', stringSerde, stringSerde);
  const values = ['a', 'bbbbbb', 'c'];
  await driver.input('lines', stringSerde, stringSerde).pipeAll(values.map((value) => ({ key: 'k', value })));
  assert.deepEqual(
    (await output.read()).map(({ value }) => value?.[0]),
    ['a', 'c'],
  );
  assert.deepEqual(
    (await driver.deadLetters()).map(({ offset, code, nodeName }) => [offset, code, nodeName]),
    [[1n, 'LOG_RECORD_TOO_LARGE', 'out']],
  );
  await driver.close();
});
