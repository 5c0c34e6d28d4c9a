/** On a real broker: a repartition topic that is created and purged, a global store that is followed, and queries with bounds, across a restart. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { int64Serde, stringSerde } from '../../../schemas/serdes.ts';
import { stringKey } from '../../../state/keys/key-serdes.ts';
import { keyValueStore, type KeyValueStore } from '../../../state/store.ts';
import type { ProcessorContext, StreamRecord } from '../../builder/processor.ts';
import { createTopologyBuilder } from '../../builder/topology-builder.ts';
import { createKafkaLog } from '../../log/kafka/kafka-log.ts';
import { findTestBroker } from '../../log/kafka/test-support/test-broker.ts';
import { createStreamApp } from '../stream-app.ts';

const broker = await findTestBroker(process.env['STEPWRIGHT_TEST_KAFKA']);
const skip = 'skipReason' in broker ? broker.skipReason : false;
const brokers = 'address' in broker ? [broker.address] : [];

/** Orders by customer → by the name of their country, through a repartition → how many each country has. */
function createTopology(name: string) {
  const builder = createTopologyBuilder(name);
  const countStore = keyValueStore('counts', { key: stringKey, value: int64Serde });
  const countries = builder.globalStore('countries', {
    topic: `${name}-countries`,
    key: stringSerde,
    value: stringSerde,
    storeKey: stringKey,
  });
  const orders = builder.source('orders', { topic: `${name}-orders`, key: stringSerde, value: stringSerde });
  const keyed = builder.processor('key', {
    from: orders,
    create: (context: ProcessorContext<string, string>) => ({
      process: (record: StreamRecord<string, string>) =>
        context.forward({ ...record, key: context.globalStore(countries).get(record.value) ?? 'unknown' }),
    }),
  });
  const grouped = builder.repartition('by-country', { from: keyed, key: stringSerde, value: stringSerde });
  builder.processor('count', {
    from: grouped,
    stores: { counts: countStore },
    create: (context: ProcessorContext<string, bigint, { readonly counts: KeyValueStore<string, bigint> }>) => ({
      process: ({ key }: StreamRecord<string, string>) => context.stores.counts.put(key, (context.stores.counts.get(key) ?? 0n) + 1n),
    }),
  });
  return { topology: builder.build(), countStore, countries };
}

test('repartition, global store and queries work on Kafka, and go on after a restart', { skip, timeout: 60_000 }, async (t) => {
  const name = `globals-${process.pid}-${Date.now()}`;
  const directory = await mkdtemp(join(tmpdir(), 'stepwright-globals-'));
  const log = createKafkaLog({ brokers });
  t.after(async () => {
    await log.close();
    await rm(directory, { recursive: true, force: true });
  });
  await log.createTopics([
    { name: `${name}-orders`, partitionCount: 2 },
    { name: `${name}-countries`, partitionCount: 2, cleanup: 'compact' },
  ]);
  const producer = await log.openProducer();
  const send = (topic: string, partition: number, key: string, value: string) =>
    producer.send([{ topic: `${name}-${topic}`, partition, key: Buffer.from(key), value: Buffer.from(value), timestampMs: 1_000 }]);
  const { topology, countStore, countries } = createTopology(name);
  const repartition = { topic: `${name}-by-country-repartition`, partition: 0 };
  const start = async () => {
    const bounds = { repartitionPurgeIntervalMs: 100 };
    const app = createStreamApp({ topology, log, state: { directory }, bounds, deadLetterTopic: `${name}-dead-letters` });
    await app.start();
    await app.whenRunning();
    return app;
  };
  const counted = async (app: Awaited<ReturnType<typeof start>>, country: string, count: bigint) => {
    for (;;) {
      const answer = app.store(countStore).get(country);
      if (answer.kind === 'ok' && answer.value === count) return;
      await delay(20);
    }
  };
  await send('countries', 0, 'at', 'Austria');
  const first = await start();
  for (let order = 0; order < 10; order += 1) await send('orders', order % 2, `customer-${order}`, 'at');
  await counted(first, 'Austria', 10n);
  const [offset = 0n] = await send('countries', 1, 'be', 'Belgium');
  const atLeast = [{ topic: `${name}-countries`, partition: 1, nextOffset: offset + 1n }];
  while (first.globalStore(countries).get('be', { atLeast }).kind !== 'ok') await delay(20);
  await send('orders', 0, 'customer-1', 'be');
  await counted(first, 'Belgium', 1n);
  await first.close();
  const second = await start();
  await counted(second, 'Austria', 10n);
  await send('orders', 1, 'customer-2', 'be');
  await counted(second, 'Belgium', 2n);
  await delay(200);
  await send('orders', 1, 'customer-3', 'be');
  await counted(second, 'Belgium', 3n);
  const startOf = async () => {
    const ranges = await log.offsets([repartition, { ...repartition, partition: 1 }], 'read_committed');
    return ranges.reduce((sum, { startOffset }) => sum + startOffset, 0n);
  };
  while ((await startOf()) < 2n) await delay(50);
  const owners = second.storeOwners('counts');
  assert.deepEqual(
    owners.map(({ partition, active }) => [partition, active === undefined]),
    [
      [0, false],
      [1, false],
    ],
  );
  await second.close();
  await producer.close();
});
