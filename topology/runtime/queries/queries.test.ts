/** Interactive queries: local answers with bounds instead of stale ones, and where the rest is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSerde, stringSerde } from '../../../schemas/serdes.ts';
import { stringKey } from '../../../state/keys/key-serdes.ts';
import { keyValueStore } from '../../../state/store.ts';
import { createSystemClock, type Clock } from '../../base/clock.ts';
import { partitionOfKey } from '../../base/partition.ts';
import type { ProcessorContext, StreamRecord } from '../../builder/processor.ts';
import { createTopologyBuilder } from '../../builder/topology-builder.ts';
import { createMemoryLog, type MemoryLog } from '../../log/memory/memory-log.ts';
import { createManualClock } from '../../testing/manual-clock.ts';
import { createSampleTopology, sampleStores, type Amount } from '../../testing/sample-topology.ts';
import { createStreamApp, type StreamApp } from '../stream-app.ts';
import type { StreamAppOptions } from '../stream-app-options.ts';

const partitionCount = 4;
const amounts = jsonSerde<Amount>();
const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const turn = () => new Promise(setImmediate);

async function createLog(clock: Clock = createSystemClock({ keepsAlive: true })): Promise<MemoryLog> {
  const log = createMemoryLog({ clock });
  await log.createTopics(['amounts', 'reports'].map((name) => ({ name, partitionCount })));
  return log;
}

/** One record a key; answers the position behind each, by partition. */
async function write(log: MemoryLog, amount: number) {
  const producer = await log.openProducer();
  const records = keys.map((key) => {
    const keyBytes = Buffer.from(key);
    const partition = partitionOfKey(keyBytes, partitionCount);
    return { topic: 'amounts', partition, key: keyBytes, value: amounts.serialize({ amount }, keyBytes), timestampMs: 1_000 };
  });
  const offsets = await producer.send(records);
  await producer.close();
  const ends = new Map(records.map(({ partition }, index) => [partition, (offsets[index] ?? 0n) + 1n]));
  return [...ends].map(([partition, nextOffset]) => ({ topic: 'amounts', partition, nextOffset }));
}

async function startApp(log: MemoryLog, options: Partial<StreamAppOptions> = {}): Promise<StreamApp> {
  const app = createStreamApp({ topology: createSampleTopology(), log, state: 'memory', bounds: { commitIntervalMs: 1 }, ...options });
  await app.start();
  await app.whenRunning();
  return app;
}

test('a key is read with a bound: behind until its record is processed, then never older than what was asked for', async () => {
  const log = await createLog();
  const app = await startApp(log);
  const totals = app.store(sampleStores.totals);
  const bound = await write(log, 7);
  assert.equal(totals.get('a', { atLeast: bound }).kind, 'behind');
  while (totals.get('a', { atLeast: bound }).kind !== 'ok') await turn();
  const answer = totals.get('a', { atLeast: bound });
  assert.ok(answer.kind === 'ok');
  assert.deepEqual(answer.value, { count: 1, sum: 7, min: 7, max: 7 });
  assert.equal(totals.get('a', { atLeast: answer.position }).kind, 'ok');
  await app.close();
});

test('all partitions are scanned in the order of the keys, with a limit, or one of them', async () => {
  const log = await createLog();
  const app = await startApp(log);
  const totals = app.store(sampleStores.totals);
  const bound = await write(log, 1);
  while (totals.all({ atLeast: bound }).kind !== 'ok') await turn();
  const names = (answer: ReturnType<typeof totals.all>) => (answer.kind === 'ok' ? answer.value.map(([key]) => key) : answer.kind);
  assert.deepEqual(names(totals.all()), keys);
  assert.deepEqual(names(totals.range('c', 'f')), ['c', 'd', 'e']);
  assert.deepEqual(names(totals.all({ reverse: true, limitCount: 3 })), ['h', 'g', 'f']);
  const partition = partitionOfKey(Buffer.from('a'), partitionCount);
  assert.deepEqual(
    names(totals.all({ partition })),
    keys.filter((key) => partitionOfKey(Buffer.from(key), partitionCount) === partition),
  );
  await app.close();
});

test('windows are read through their own methods, and the view has none that writes', async () => {
  const log = await createLog();
  const app = await startApp(log);
  const bound = await write(log, 1);
  const partition = partitionOfKey(Buffer.from('a'), partitionCount);
  const windows = app.store(sampleStores.windows);
  for (;;) {
    const answer = windows.read(partition, (store) => ({ count: store.fetch('a', 1_000), methods: Object.keys(store) }), {
      atLeast: bound,
    });
    if (answer.kind === 'ok') {
      assert.deepEqual(answer.value, { count: 1, methods: ['fetch', 'fetchRange', 'all'] });
      break;
    }
    await turn();
  }
  await app.close();
});

test('every member knows who has a key; a query elsewhere says that it is not here, and a copy answers up to its bound', async () => {
  const clock = createManualClock();
  const log = await createLog(clock);
  const shared = { standbyCount: 1, clock } as const;
  // A copy writes what it has read every few seconds, and is asked for what it has written.
  const next = () => {
    clock.advance(100);
    return turn();
  };
  const first = await startApp(log, { ...shared, instanceId: 'first', advertisedHost: 'one.example:8080' });
  const second = await startApp(log, { ...shared, instanceId: 'second', advertisedHost: 'two.example:8080' });
  const isSettled = () => {
    const owners = first.storeOwners('totals');
    return (
      owners.every(({ active, standbys }) => active !== undefined && standbys.length === 1) &&
      new Set(owners.map((one) => one.active?.host)).size === 2
    );
  };
  while (!isSettled() || first.state() !== 'running' || second.state() !== 'running') await next();
  const bound = await write(log, 3);
  const apps = new Map([
    ['first', first],
    ['second', second],
  ]);
  for (const key of keys) {
    const owner = first.keyOwner('totals', key);
    assert.deepEqual(owner, second.keyOwner('totals', key), 'both have the same plan');
    const [here, there] = [apps.get(owner.active?.instanceId ?? ''), apps.get(owner.standbys[0]?.instanceId ?? '')];
    assert.ok(here && there && here !== there);
    while (here.store(sampleStores.totals).get(key, { atLeast: bound }).kind !== 'ok') await next();
    assert.equal(there.store(sampleStores.totals).get(key).kind, 'not-here');
    const changelog = [{ topic: 'sample-totals-changelog', partition: owner.partition, nextOffset: 1_000_000n }];
    assert.equal(there.store(sampleStores.totals).get(key, { withStandbys: true, atLeast: changelog }).kind, 'behind');
    const [end] = await log.offsets(changelog, 'read_committed');
    const written = changelog.map((at) => ({ ...at, nextOffset: end?.nextOffset ?? 0n }));
    const copied = () => there.store(sampleStores.totals).get(key, { withStandbys: true, atLeast: written });
    while (copied().kind !== 'ok') await next();
    const copy = copied();
    assert.deepEqual(copy.kind === 'ok' && copy.value, { count: 1, sum: 3, min: 3, max: 3 }, 'the copy has what the task wrote');
    assert.equal(
      there.store(sampleStores.totals).get(key, { withStandbys: true, atLeast: bound }).kind,
      'behind',
      'a copy does not know inputs',
    );
  }
  await first.close();
  await second.close();
});

test('a store that the topology does not have is refused by name', async () => {
  const app = await startApp(await createLog());
  assert.throws(() => app.storeByName('nothing'), { code: 'STORE_UNKNOWN', message: /totals/ });
  assert.throws(() => app.keyOwner('nothing', 'a'), { code: 'STORE_UNKNOWN' });
  await app.close();
});

test('a global store holds its whole topic before the first task runs, follows it, and is read by processors and queries', async () => {
  const log = createMemoryLog();
  await log.createTopics([
    { name: 'orders', partitionCount: 2 },
    { name: 'out', partitionCount: 2 },
    { name: 'countries', partitionCount: 3, cleanup: 'compact' },
  ]);
  const builder = createTopologyBuilder('priced');
  const countries = builder.globalStore('countries', {
    topic: 'countries',
    key: stringSerde,
    value: stringSerde,
    storeKey: stringKey,
  });
  const orders = builder.source('orders', { topic: 'orders', key: stringSerde, value: stringSerde });
  const named = builder.processor('name', {
    from: orders,
    stores: { seen: keyValueStore('seen', { key: stringKey, value: stringSerde }) },
    create: (context: ProcessorContext<string, string>) => ({
      process: (record: StreamRecord<string, string>) =>
        context.forward({ ...record, value: context.globalStore(countries).get(record.value) ?? 'unknown' }),
    }),
  });
  builder.sink('out', { from: named, topic: 'out', key: stringSerde, value: stringSerde });
  const producer = await log.openProducer();
  const send = (topic: string, partition: number, key: string, value: string | null) =>
    producer.send([{ topic, partition, key: Buffer.from(key), value: value === null ? null : Buffer.from(value), timestampMs: 1 }]);
  for (const [index, code] of ['at', 'be', 'ch', 'de'].entries()) await send('countries', index % 3, code, `country ${code}`);
  await send('orders', 0, 'order-1', 'de');
  const app = createStreamApp({ topology: builder.build(), log, state: 'memory', bounds: { commitIntervalMs: 1 } });
  await app.start();
  await app.whenRunning();
  const reader = await log.openReader({ from: [0, 1].map((partition) => ({ topic: 'out', partition, nextOffset: 0n })) });
  const next = async () =>
    (await reader.poll({ maxWaitMs: 5_000 })).flatMap(({ records }) => records.map(({ value }) => value?.toString()));
  assert.deepEqual(await next(), ['country de']);
  const offsets = await send('countries', 2, 'fr', 'country fr');
  const atLeast = [{ topic: 'countries', partition: 2, nextOffset: (offsets[0] ?? 0n) + 1n }];
  while (app.globalStore(countries).get('fr', { atLeast }).kind !== 'ok') await turn();
  await send('orders', 1, 'order-2', 'fr');
  assert.deepEqual(await next(), ['country fr']);
  await send('countries', 2, 'fr', null);
  for (let answer = app.globalStore(countries).get('fr'); answer.kind !== 'ok' || answer.value !== undefined;) {
    await turn();
    answer = app.globalStore(countries).get('fr');
  }
  const all = app.globalStore(countries).all();
  assert.deepEqual(all.kind === 'ok' && all.value.map(([key]) => key), ['at', 'be', 'ch', 'de']);
  await producer.close();
  await reader.close();
  await app.close();
});
