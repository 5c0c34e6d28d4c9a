import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { hasCode, StepwrightError } from '../../topology/base/errors.ts';
import type { OutputRecord } from '../../topology/log/log.ts';
import { createMemoryObjectStore } from '../memory/memory-object-store.ts';
import type { SinkBatch } from '../runner/sink-target.ts';
import { lakeRowOf, type LakeRow } from './lake-row.ts';
import { LakeTarget } from './lake-target.ts';
import { captureTopic, createLakeBench, lakeFiles, lakeRecords } from './test-support/lake-bench.ts';

const noon = Date.UTC(2026, 10, 22, 12);
const dayMs = 86_400_000;

type Sent = Omit<OutputRecord, 'topic'>;

function record(scope: string, index: number, change: Partial<Sent> = {}): Sent {
  return { partition: index % 2, key: Buffer.from(scope), value: Buffer.from([1, 0, 255, index]), timestampMs: noon, ...change };
}

/** Two tenants, two days, two partitions. */
const sent = Array.from({ length: 12 }, (_value, index) =>
  record(index % 3 === 0 ? 'globex/s2' : 'acme/s1', index, { timestampMs: noon + (index > 7 ? dayMs : 0) }),
);

/** What the lake must hold of records that were sent in this order. */
function expected(records: readonly Sent[]): readonly (readonly unknown[])[] {
  const nextOffsets = [0n, 0n];
  const all = records.map(({ partition, key, value, timestampMs }) => {
    const offset = nextOffsets[partition] ?? 0n;
    nextOffsets[partition] = offset + 1n;
    return [partition, offset, key?.toString(), value?.toString('hex'), timestampMs] as const;
  });
  return all.toSorted((one, other) => one[0] - other[0] || Number(one[1] - other[1]));
}

async function held(store: ObjectStore): Promise<readonly (readonly unknown[])[]> {
  return (await lakeRecords(store)).map(({ partition, offset, key, value, timestampMs }) => [
    partition,
    offset,
    key.toString(),
    value?.toString('hex'),
    timestampMs,
  ]);
}

/** Fails the put of this number: the process died before it, or after it and before it heard of it. */
function dyingStore(store: ObjectStore, failingPut: number, moment: 'before' | 'after'): ObjectStore {
  let putCount = 0;
  return {
    get: (key) => store.get(key),
    head: (key) => store.head(key),
    delete: (key) => store.delete(key),
    list: (prefix) => store.list(prefix),
    put: async (key, body, options) => {
      putCount += 1;
      if (putCount > failingPut || (putCount === failingPut && moment === 'before')) throw new StepwrightError('SINK_FAILED', 'Died.');
      const isStored = await store.put(key, body, options);
      if (putCount === failingPut) throw new StepwrightError('SINK_FAILED', 'Died.');
      return isStored;
    },
  };
}

test('records lie by tenant and day, each once, values byte for byte as on the topic (L3)', async () => {
  const bench = await createLakeBench();
  const store = createMemoryObjectStore();
  await bench.send(sent);
  await bench.drain(store);
  assert.deepEqual(await held(store), expected(sent));
  const folders = new Set([...(await lakeFiles(store)).keys()].map((key) => key.split('/').slice(2, 4).join(' ')));
  assert.deepEqual(
    [...folders],
    ['tenant=acme day=2026-11-22', 'tenant=acme day=2026-11-23', 'tenant=globex day=2026-11-22', 'tenant=globex day=2026-11-23'],
  );
});

test('a deletion has no value, a foreign time a day, and a key without a session is a dead letter by reference', async () => {
  const bench = await createLakeBench();
  const store = createMemoryObjectStore();
  const good = [record('acme/s1', 0, { value: null }), record('acme/s1', 0, { timestampMs: -1 })];
  await bench.send([...good, record('no session', 0), record('acme/s1', 0, { key: null })]);
  await bench.drain(store);
  const [deletion, early] = await lakeRecords(store);
  assert.deepEqual([deletion?.value, early?.timestampMs], [null, 0]);
  assert.equal((await lakeRecords(store)).length, 2);
  assert.deepEqual(
    bench.letters.map(({ topic, offset, code }) => [topic, offset, code]),
    [2, 3].map((offset) => [captureTopic, offset, 'SERDE_FAILED']),
  );
});

test('after a crash at any write the same files come, and every record is in one (L1)', async () => {
  const bench = await createLakeBench();
  const whole = createMemoryObjectStore();
  await bench.send(sent);
  await bench.drain(whole);
  const putCount = (await lakeFiles(whole)).size + 2;
  let crashCount = 0;
  for (let failingPut = 1; failingPut <= putCount; failingPut += 1) {
    for (const moment of ['before', 'after'] as const) {
      const store = createMemoryObjectStore();
      await assert.rejects(bench.drain(dyingStore(store, failingPut, moment)), (error) => hasCode(error, 'SINK_FAILED'));
      const before = await lakeFiles(store);
      // Other limits: what was begun keeps its boundaries nevertheless.
      await bench.drain(store, { batchRows: 1, batchBytes: 1 });
      const after = await lakeFiles(store);
      for (const [key, body] of before) assert.deepEqual(after.get(key), body);
      if (before.size > 0) assert.deepEqual(after, await lakeFiles(whole));
      assert.deepEqual(await held(store), expected(sent), `died ${moment} put ${failingPut}`);
      crashCount += 1;
    }
  }
  assert.equal(crashCount, putCount * 2);
});

test('it goes on behind what stands, and a second run changes nothing', async () => {
  const bench = await createLakeBench();
  const store = createMemoryObjectStore();
  await bench.send(sent.slice(0, 5));
  await bench.drain(store);
  const first = await lakeFiles(store);
  await bench.drain(store);
  assert.deepEqual(await lakeFiles(store), first);
  await bench.send(sent.slice(5));
  await bench.drain(store);
  const all = await lakeFiles(store);
  for (const [key, body] of first) assert.deepEqual(all.get(key), body);
  assert.deepEqual(await held(store), expected(sent));
});

test('of two processes on one lake one cuts each batch, and every record is in one file (L2)', async () => {
  const bench = await createLakeBench();
  const store = createMemoryObjectStore();
  const runners = [bench.start(store, { batchRows: 2 }), bench.start(store, { batchRows: 3 })];
  for (const one of sent) await bench.send([one]);
  const ends = await bench.log.offsets(
    [0, 1].map((partition) => ({ topic: captureTopic, partition })),
    'read_committed',
  );
  await Promise.all(runners.map((runner) => runner.whenApplied(ends)));
  await Promise.all(runners.map((runner) => runner.close()));
  assert.deepEqual(
    runners.map(({ isHealthy }) => isHealthy),
    [true, true],
  );
  assert.deepEqual(await held(store), expected(sent));
});

test('who comes second with a batch is told so before its first file, and reads the plan of the first (L2)', async () => {
  const { log } = await createLakeBench();
  const store = createMemoryObjectStore();
  const [quick, late] = [new LakeTarget({ store, log }), new LakeTarget({ store, log })];
  await Promise.all([quick.positions(), late.positions()]);
  await quick.apply(batchOf(0n, 2n));
  const standing = await lakeFiles(store);
  await assert.rejects(late.apply(batchOf(0n, 3n)), (error) => hasCode(error, 'SINK_OVERTAKEN') && error.disposition === 'rebuild-task');
  assert.deepEqual(await lakeFiles(store), standing);
  assert.deepEqual(await late.plannedRanges(), []);
  assert.deepEqual(await late.positions(), [{ topic: captureTopic, partition: 0, nextOffset: 2n }]);
});

test('a topic that was made anew is read from its start, into files of its own', async () => {
  const bench = await createLakeBench();
  const store = createMemoryObjectStore();
  await bench.send(sent.slice(0, 4));
  await bench.drain(store);
  const old = await lakeFiles(store);
  await bench.log.deleteTopics([captureTopic]);
  await bench.log.createTopics([{ name: captureTopic, partitionCount: 2 }]);
  await bench.send(sent.slice(0, 4));
  await bench.drain(store);
  assert.equal((await lakeFiles(store)).size, old.size * 2);
});

function batchOf(fromOffset: bigint, nextOffset: bigint): SinkBatch<LakeRow> {
  const at = { topic: captureTopic, partition: 0 };
  const rows = Array.from({ length: Number(nextOffset - fromOffset) }, (_value, index) => {
    const row = lakeRowOf({ ...record('acme/s1', index), offset: 0n, headers: [] });
    return { ...at, offset: fromOffset + BigInt(index), row };
  });
  return { rows, ranges: [{ ...at, fromOffset, nextOffset }] };
}
