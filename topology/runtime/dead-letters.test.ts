import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { jsonSerde, stringSerde } from '../../schemas/serdes.ts';
import { stringKey } from '../../state/keys/key-serdes.ts';
import { keyValueStore, type StoreOf } from '../../state/store.ts';
import { StepwrightError } from '../base/errors.ts';
import type { ProcessorContext, StreamRecord } from '../builder/processor.ts';
import { createTopologyBuilder } from '../builder/topology-builder.ts';
import { createMemoryLog } from '../log/memory/memory-log.ts';
import type { Amount, Report } from '../testing/sample-topology.ts';
import { createSampleTopology, sampleStores } from '../testing/sample-topology.ts';
import type { TopologyTestDriver } from '../testing/topology-test-driver.ts';
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

/** Sums what comes, and refuses the value 2 behind mapAsync. */
async function startWithLateRefusal(commitIntervalMs: number) {
  const sums = keyValueStore('sums', { key: stringKey, value: jsonSerde<number>() });
  const builder = createTopologyBuilder('late');
  const input = builder.source('in', { topic: 'in', key: stringSerde, value: jsonSerde<number>() });
  const summed = builder.processor('sum', {
    from: input,
    stores: { sums },
    create: (context: ProcessorContext<string, number, { readonly sums: StoreOf<typeof sums> }>) => ({
      process: (record: StreamRecord<string, number>) => {
        context.stores.sums.put(record.key, (context.stores.sums.get(record.key) ?? 0) + record.value);
        context.forward(record);
      },
    }),
  });
  const mapped = builder.mapAsync('map', {
    from: summed,
    concurrencyCount: 1,
    key: stringKey,
    input: jsonSerde<number>(),
    map: ({ value }: StreamRecord<string, number>) => Promise.resolve(value),
  });
  builder.processor('refuse', {
    from: mapped,
    create: (_context: ProcessorContext<string, number>) => ({ process: ({ value }) => (value === 2 ? refuse() : undefined) }),
  });
  return { sums, driver: await createTopologyTestDriver({ topology: builder.build(), bounds: { commitIntervalMs } }) };
}

/** Gives promises and the clock their turns until `work` is done. */
async function finish(driver: TopologyTestDriver, work: Promise<void>): Promise<void> {
  let isDone = false;
  void work.then(() => (isDone = true));
  for (let turn = 0; turn < 20 && !isDone; turn += 1) await nextTurn();
  for (; !isDone; await nextTurn()) driver.clock.advance(1_000_000);
  await work;
}

for (const commitIntervalMs of [0, 1_000_000]) {
  test(`T1 a record that fails behind mapAsync keeps what its own turn did, with a commit in between or not (${commitIntervalMs} ms)`, async () => {
    const { driver, sums } = await startWithLateRefusal(commitIntervalMs);
    const input = driver.input('in', stringSerde, jsonSerde<number>());
    await finish(driver, input.pipe('first', 9, 1_000));
    await finish(driver, driver.settle());
    await finish(driver, input.pipeAll([1, 2].map((value) => ({ key: 'a', value, timestampMs: 1_000 }))));
    await finish(driver, driver.settle());
    assert.equal(driver.store(sums).get('a'), 3);
    assert.deepEqual(
      (await driver.deadLetters()).map(({ nodeName }) => nodeName),
      ['refuse'],
    );
    await driver.close();
  });
}

test('a letter names the owner that its record’s key tells, wherever the record failed, and nothing else of the key', async () => {
  const driver = await createTopologyTestDriver({
    topology: createSampleTopology({ onPoison: refuse }),
    deadLetterOwner: (key) => /^(\w+)\//.exec(key.toString())?.[1],
  });
  const record = (key: string | null, value: string) => ({
    key: key === null ? null : Buffer.from(key),
    value: Buffer.from(value),
    timestampMs: 1,
  });
  await driver.pipeRaw('amounts', [
    record('acme/secret-1', '{'),
    record('zeta/secret-2', '{"amount":1,"poison":true}'),
    record('nobody', '{"amount":1,"poison":true}'),
    record(null, '{"amount":1}'),
  ]);
  await driver.settle();
  const letters = await driver.deadLetters();
  assert.deepEqual(
    letters.map(({ code, owner }) => [code, owner]),
    [
      ['SERDE_FAILED', 'acme'],
      ['PROCESSING_FAILED', 'zeta'],
      ['PROCESSING_FAILED', ''],
      ['SERDE_FAILED', ''],
    ],
  );
  const reader = await driver.log.openReader({
    from: [{ topic: 'dead-letters.v1', partition: 0, nextOffset: 0n }],
    isolation: 'read_committed',
  });
  const batches = await reader.poll({ maxWaitMs: 0 });
  await reader.close();
  const bytes = batches.flatMap(({ records }) => records.flatMap(({ key, headers }) => [key ?? '', ...headers.map(([, value]) => value)]));
  assert.equal(batches.flatMap(({ records }) => records).length, letters.length);
  assert.ok(!bytes.join(' ').includes('secret'));
  await driver.close();
});
