/** What a global store finds on disk at its start, and when it must not go on with it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringSerde } from '../../../schemas/serdes.ts';
import { stringKey } from '../../../state/keys/key-serdes.ts';
import { createMemoryBackendFactory } from '../../../state/memory/memory-backend.ts';
import { createTopologyBuilder } from '../../builder/topology-builder.ts';
import { createMemoryLog } from '../../log/memory/memory-log.ts';
import { createRecordingMetrics } from '../../testing/recording-metrics.ts';
import { createStreamApp } from '../stream-app.ts';

const name = 'countries';

async function setUp() {
  const log = createMemoryLog();
  await log.createTopics([
    { name: 'orders', partitionCount: 1 },
    { name, partitionCount: 1, cleanup: 'compact' },
  ]);
  const builder = createTopologyBuilder('priced');
  const countries = builder.globalStore(name, { topic: name, key: stringSerde, value: stringSerde, storeKey: stringKey });
  const orders = builder.source('orders', { topic: 'orders', key: stringSerde, value: stringSerde });
  builder.processor('name', { from: orders, create: () => ({ process: () => {} }) });
  const topology = builder.build();
  const memory = createMemoryBackendFactory();
  const producer = await log.openProducer();
  const send = (key: string, value = `country ${key}`) =>
    producer.send([{ topic: name, partition: 0, key: Buffer.from(key), value: Buffer.from(value), timestampMs: 1 }]);
  const run = async () => {
    const metrics = createRecordingMetrics();
    const app = createStreamApp({ topology, log, state: { memory }, metrics, bounds: { commitIntervalMs: 1 } });
    await app.start();
    await app.whenRunning();
    const all = app.globalStore(countries).all();
    const keys = all.kind === 'ok' ? all.value.map(([key]) => key) : all.kind;
    await app.close();
    return { keys, wipes: metrics.total('state_wipes_total'), metrics };
  };
  return { log, send, run };
}

test('K5: a global store whose disk fits its topic is read on from where it stands, nothing is wiped', async () => {
  const { send, run } = await setUp();
  await send('at');
  assert.deepEqual((await run()).keys, ['at']);
  await send('be');
  const again = await run();
  assert.deepEqual([again.keys, again.wipes], [['at', 'be'], 0]);
});

test('K5: a topic that was made anew under the same name is another one: its global store is wiped and read from the start', async () => {
  const { log, send, run } = await setUp();
  await send('at');
  await run();
  await log.deleteTopics([name]);
  await log.createTopics([{ name, partitionCount: 1, cleanup: 'compact' }]);
  await send('be');
  await send('ch');
  const again = await run();
  assert.deepEqual(again.keys, ['be', 'ch']);
  assert.equal(again.metrics.total('state_wipes_total', { reason: 'topic-recreated' }), 1);
});

test('K5: what was deleted from the topic beyond the position of the disk is not kept either: the global store is wiped for that reason', async () => {
  const { log, send, run } = await setUp();
  await send('at');
  await run();
  await send('be');
  await send('ch');
  await log.deleteRecords([{ topic: name, partition: 0, nextOffset: 2n }]);
  const again = await run();
  assert.deepEqual(again.keys, ['ch']);
  assert.equal(again.metrics.total('state_wipes_total', { reason: 'position-out-of-range' }), 1);
});
