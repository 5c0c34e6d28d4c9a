import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSerde, stringSerde } from '../../schemas/serdes.ts';
import { stringKey } from '../../state/keys/key-serdes.ts';
import { keyValueStore, type StoreOf } from '../../state/store.ts';
import type { FiredTimer, Processor, ProcessorContext, StreamRecord } from '../builder/processor.ts';
import { createTopologyBuilder } from '../builder/topology-builder.ts';
import { createTopologyTestDriver } from './topology-test-driver.ts';

const counts = keyValueStore('counts', { key: stringKey, value: jsonSerde<number>() });
type Context = ProcessorContext<string, string, { readonly counts: StoreOf<typeof counts> }>;

/** Counts a key's records and, 100 ms of the key's own time after the last one, says how many there were. */
class CountUntilQuiet implements Processor<string, string> {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  process(record: StreamRecord<string, string>): void {
    const { stores, timers } = this.#context;
    stores.counts.put(record.key, (stores.counts.get(record.key) ?? 0) + 1);
    timers.set('quiet', record.timestampMs + 100);
    this.#context.forward(record);
  }

  onTimer({ key, dueAtMs }: FiredTimer<string>): void {
    const count = this.#context.stores.counts.get(key) ?? 0;
    this.#context.stores.counts.delete(key);
    this.#context.forward({ key, value: `quiet after ${count}`, timestampMs: dueAtMs });
  }
}

function sampleTopology() {
  const builder = createTopologyBuilder('sample');
  const words = builder.source('words', { topic: 'words', key: stringSerde, value: stringSerde });
  const counted = builder.processor('count', {
    from: words,
    stores: { counts },
    timerKey: stringKey,
    create: (context: Context) => new CountUntilQuiet(context),
  });
  const shouted = builder.mapAsync('shout', {
    from: counted,
    concurrencyCount: 4,
    key: stringKey,
    input: stringSerde,
    map: async (record: StreamRecord<string, string>) => record.value.toUpperCase(),
  });
  builder.sink('shouts', { from: shouted, topic: 'shouts', key: stringSerde, value: stringSerde });
  return builder.build();
}

test('a topology with a store, a timer and mapAsync runs without ports or sleeps', async () => {
  const driver = await createTopologyTestDriver({ topology: sampleTopology() });
  const input = driver.input('words', stringSerde, stringSerde);
  const output = driver.output('shouts', stringSerde, stringSerde);
  await input.pipe('a', 'one', 1_000);
  await input.pipe('a', 'two', 1_050);
  assert.equal(driver.store(counts).get('a'), 2);
  await input.pipe('b', 'other', 5_000);
  await driver.settle();
  assert.deepEqual(
    (await output.read()).map(({ key, value }) => [key, value]),
    [
      ['a', 'ONE'],
      ['a', 'TWO'],
      ['b', 'OTHER'],
    ],
  );
  await input.pipe('a', 'three', 1_150);
  await driver.settle();
  assert.deepEqual(
    (await output.read()).map(({ key, value, timestampMs }) => [key, value, timestampMs]),
    [
      ['a', 'QUIET AFTER 2', 1_150],
      ['a', 'THREE', 1_150],
    ],
  );
  await driver.close();
});
