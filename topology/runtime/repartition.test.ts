/** Repartition by key through a topic of the engine's own: made by the app, purged behind what was read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSerde, stringSerde } from '../../schemas/serdes.ts';
import { stringKey } from '../../state/keys/key-serdes.ts';
import { keyValueStore, type KeyValueStore } from '../../state/store.ts';
import type { ProcessorContext, StreamRecord } from '../builder/processor.ts';
import { createTopologyBuilder } from '../builder/topology-builder.ts';
import type { RepartitionSpec } from '../builder/topology-builder-api.ts';
import { createMemoryLog } from '../log/memory/memory-log.ts';
import { createTopologyTestDriver } from '../testing/topology-test-driver.ts';

const numbers = jsonSerde<number>();
const sumStore = keyValueStore('sums', { key: stringKey, value: numbers });
type SumContext = ProcessorContext<string, number, { readonly sums: KeyValueStore<string, number> }>;
const topic = 'regrouped-by-parity-repartition';

/** Sums by parity, whatever the key was. */
function createTopology(options: Pick<RepartitionSpec<string, number>, 'partitionCount'> = {}) {
  const builder = createTopologyBuilder('regrouped');
  const input = builder.source('in', { topic: 'in', key: stringSerde, value: numbers });
  const keyed = builder.processor('parity', {
    from: input,
    create: (context: ProcessorContext<string, number>) => ({
      process: (record: StreamRecord<string, number>) => context.forward({ ...record, key: record.value % 2 === 0 ? 'even' : 'odd' }),
    }),
  });
  const grouped = builder.repartition('by-parity', { from: keyed, key: stringSerde, value: numbers, ...options });
  const summed = builder.processor('sum', {
    from: grouped,
    stores: { sums: sumStore },
    create: (context: SumContext) => ({
      process: ({ key, value, timestampMs }: StreamRecord<string, number>) => {
        const sum = (context.stores.sums.get(key) ?? 0) + value;
        context.stores.sums.put(key, sum);
        context.forward({ key, value: sum, timestampMs });
      },
    }),
  });
  builder.sink('out', { from: summed, topic: 'out', key: stringSerde, value: numbers });
  return builder.build();
}

const records = Array.from({ length: 10 }, (_, value) => ({ key: `key-${value}`, value }));

test('records of one new key meet in one task, and the topic has as many partitions as what is read upstream', async () => {
  const driver = await createTopologyTestDriver({ topology: createTopology(), partitionCount: 3 });
  const out = driver.output('out', stringSerde, numbers);
  await driver.input('in', stringSerde, numbers).pipeAll(records);
  const last = new Map((await out.read()).map(({ key, value }) => [key, value]));
  assert.deepEqual([last.get('even'), last.get('odd')], [20, 25]);
  assert.equal((await driver.log.describeTopics([topic]))[0]?.partitionCount, 3);
  await driver.close();
});

test('an asked-for partition count is taken', async () => {
  const driver = await createTopologyTestDriver({ topology: createTopology({ partitionCount: 5 }), partitionCount: 2 });
  assert.equal((await driver.log.describeTopics([topic]))[0]?.partitionCount, 5);
  assert.equal(driver.tasks().filter(({ name }) => name.startsWith('1_')).length, 5);
  await driver.close();
});

test('what was read and committed is purged, at most once an interval, and nothing else', async () => {
  const log = createMemoryLog();
  const driver = await createTopologyTestDriver({ topology: createTopology(), log });
  const input = driver.input('in', stringSerde, numbers);
  const start = async () => (await log.offsets([{ topic, partition: 0 }], 'read_committed'))[0]?.startOffset;
  await input.pipeAll(records);
  assert.equal(await start(), 0n);
  driver.clock.advance(30_000);
  await input.pipe('key', 1);
  await driver.run();
  const committed = (await log.committed('regrouped', [{ topic, partition: 0 }]))[0]?.nextOffset ?? 0n;
  const purgedTo = (await start()) ?? 0n;
  assert.ok(purgedTo >= 10n && purgedTo <= committed, `purged to ${purgedTo}, committed is ${committed}`);
  await input.pipe('key', 1);
  assert.equal(await start(), purgedTo);
  await driver.close();
});

test('a partition count that is no whole number is refused', () => {
  assert.throws(() => createTopology({ partitionCount: 0 }), { code: 'TOPOLOGY_INVALID', message: /by-parity.*partitionCount/ });
});
