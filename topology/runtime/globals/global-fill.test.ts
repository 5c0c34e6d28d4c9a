import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringSerde } from '../../../schemas/serdes.ts';
import { stringKey } from '../../../state/keys/key-serdes.ts';
import { StepwrightError } from '../../base/errors.ts';
import { createTopologyBuilder } from '../../builder/topology-builder.ts';
import { createMemoryLog } from '../../log/memory/memory-log.ts';
import { Faults } from '../../testing/faults.ts';
import { createFaultyLog } from '../../testing/faulty-log.ts';
import { createManualClock } from '../../testing/manual-clock.ts';
import { createStreamApp } from '../stream-app.ts';

const name = 'countries';

/** An app whose global store has three records to read at its start, one a poll. */
async function setUp() {
  const clock = createManualClock();
  const log = createMemoryLog({ clock });
  await log.createTopics([
    { name: 'orders', partitionCount: 1 },
    { name, partitionCount: 1, cleanup: 'compact' },
  ]);
  const producer = await log.openProducer();
  for (const key of ['at', 'be', 'ch'])
    await producer.send([{ topic: name, partition: 0, key: Buffer.from(key), value: Buffer.from(`country ${key}`), timestampMs: 1 }]);
  const builder = createTopologyBuilder('priced');
  const countries = builder.globalStore(name, { topic: name, key: stringSerde, value: stringSerde, storeKey: stringKey });
  const orders = builder.source('orders', { topic: 'orders', key: stringSerde, value: stringSerde });
  builder.processor('name', { from: orders, create: () => ({ process: () => {} }) });
  const faults = new Faults();
  const app = createStreamApp({
    ...{ topology: builder.build(), log: createFaultyLog(log, faults), state: 'memory', clock },
    bounds: { restorePollBytes: 1 },
  });
  const keys = () => {
    const all = app.globalStore(countries).all();
    return all.kind === 'ok' ? all.value.map(([key]) => key) : all.kind;
  };
  return { clock, faults, app, keys };
}

test('reads that fail while a global store fills are tried again; the app starts with the whole table', async () => {
  const { clock, faults, app, keys } = await setUp();
  for (const skipCount of [0, 1, 1]) faults.failAt('reader:poll', { skipCount });
  let isStarted = false;
  const started = app.start().finally(() => (isStarted = true));
  while (!isStarted) {
    clock.advance(100);
    await new Promise(setImmediate);
  }
  await started;
  assert.deepEqual(keys(), ['at', 'be', 'ch']);
  assert.equal(faults.pendingCount, 0);
  await app.close();
});

test('a failure that says that trying again is of no use ends the start', async () => {
  const { faults, app } = await setUp();
  const denied = new StepwrightError('LOG_ACCESS_DENIED', 'not this topic', { disposition: 'fatal' });
  faults.failAt('reader:poll', { error: () => denied });
  await assert.rejects(app.start(), { code: 'LOG_ACCESS_DENIED' });
  await app.close();
});

test('an app that is closed while its global store waits to be read again ends', async () => {
  const { faults, app } = await setUp();
  faults.failAt('reader:poll');
  const started = app.start();
  while (faults.pendingCount > 0) await new Promise(setImmediate);
  await app.close();
  await started;
});
