import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { hasCode, StepwrightError } from '../../topology/base/errors.ts';
import type { OutputRecord } from '../../topology/log/log.ts';
import { createMemoryObjectStore } from '../memory/memory-object-store.ts';
import type { SinkBatch } from '../runner/sink-target.ts';
import { createLakeRowReader, type LakeRow } from './lake-row.ts';
import { LakeTarget } from './lake-target.ts';
import { lakeKey } from './lake-keys.ts';
import { parquetType } from './parquet-file.ts';
import { captureTopic, createLakeBench, lakeFiles, lakeRecords, type LakeBench } from './test-support/lake-bench.ts';
import { encodeVersion1, writeVersion1Progress } from './test-support/version-1.ts';

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

/** Fails the request of this number: the process died before it, or after it and before it heard of it. */
function dyingStore(store: ObjectStore, failingRequest: number, moment: 'before' | 'after'): ObjectStore {
  let requestCount = 0;
  const died = new StepwrightError('SINK_FAILED', 'Died.');
  const ask = async <Answer>(request: () => Promise<Answer>): Promise<Answer> => {
    requestCount += 1;
    if (requestCount > failingRequest || (requestCount === failingRequest && moment === 'before')) throw died;
    const answer = await request();
    if (requestCount >= failingRequest) throw died;
    return answer;
  };
  return {
    get: (key) => ask(() => store.get(key)),
    head: (key) => ask(() => store.head(key)),
    delete: (key) => ask(() => store.delete(key)),
    list: (prefix) => store.list(prefix),
    put: (key, body, options) => ask(() => store.put(key, body, options)),
  };
}

function passing(store: ObjectStore): ObjectStore {
  return {
    get: (key) => store.get(key),
    head: (key) => store.head(key),
    delete: (key) => store.delete(key),
    list: (prefix) => store.list(prefix),
    put: (key, body, options) => store.put(key, body, options),
  };
}

/** How many requests it takes to carry everything there. */
async function requestCountOf(bench: LakeBench): Promise<number> {
  let requestCount = 0;
  const store = createMemoryObjectStore();
  const counting: ObjectStore = {
    get: (key) => ((requestCount += 1), store.get(key)),
    head: (key) => ((requestCount += 1), store.head(key)),
    delete: (key) => ((requestCount += 1), store.delete(key)),
    list: (prefix) => store.list(prefix),
    put: (key, body, options) => ((requestCount += 1), store.put(key, body, options)),
  };
  await bench.drain(counting);
  return requestCount;
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

test('after a crash at any request the same files come, and every record is in one (L1)', async () => {
  const bench = await createLakeBench();
  const whole = createMemoryObjectStore();
  await bench.send(sent);
  await bench.drain(whole);
  const requestCount = await requestCountOf(bench);
  assert.ok(requestCount > (await lakeFiles(whole)).size + 4, `${requestCount} requests`);
  let crashCount = 0;
  for (let failingRequest = 1; failingRequest <= requestCount; failingRequest += 1) {
    for (const moment of ['before', 'after'] as const) {
      const store = createMemoryObjectStore();
      await assert.rejects(bench.drain(dyingStore(store, failingRequest, moment)), (error) => hasCode(error, 'SINK_FAILED'));
      const before = await lakeFiles(store);
      // Other limits: what was begun keeps its boundaries nevertheless.
      await bench.drain(store, { batchRows: 1, batchBytes: 1 });
      const after = await lakeFiles(store);
      for (const [key, body] of before) assert.deepEqual(after.get(key), body);
      if (before.size > 0) assert.deepEqual(after, await lakeFiles(whole));
      assert.deepEqual(await held(store), expected(sent), `died ${moment} request ${failingRequest}`);
      crashCount += 1;
    }
  }
  assert.equal(crashCount, requestCount * 2);
});

test('what comes bit by bit is held back until there is enough for a file: one a tenant and day, whatever the number of partitions (L1)', async () => {
  const bench = await createLakeBench();
  const store = createMemoryObjectStore();
  const runner = bench.start(store, { batchRows: sent.length, lingerMs: 2 ** 30 });
  for (const one of sent) await bench.send([one]);
  await runner.whenApplied(await bench.ends());
  await runner.close();
  assert.equal((await lakeFiles(store)).size, 4);
  assert.deepEqual(await held(store), expected(sent));
});

test('a batch that an older version began is finished as it was begun, file by partition, and the next is cut anew (L1)', async () => {
  const bench = await createLakeBench();
  const store = createMemoryObjectStore();
  await bench.send(sent);
  const [description] = await bench.log.describeTopics([captureTopic]);
  assert.ok(description !== undefined);
  const ranges = [0, 1].map((partition) => ({ topic: captureTopic, partition, fromOffset: 0n, nextOffset: 3n }));
  await writeVersion1Progress(store, description.id, ranges);
  // One of its files is there already.
  const older = lakeKey({ tenantId: 'acme', day: '2026-11-22', ranges: ranges.slice(1), part: 0, topicId: description.id });
  await store.put(older, await encodeVersion1(sent, 1, [0n, 1n, 2n]), { contentType: parquetType });
  await bench.drain(store);
  assert.deepEqual(await held(store), expected(sent));
  const names = [...(await lakeFiles(store)).keys()].map((key) => key.split('/').at(-1) ?? '');
  assert.equal(names.filter((name) => !name.includes('-batch-')).length, 4, names.join('\n'));
  assert.ok(names.length > 4);
});

test('what of the headers is sealed or has no words lies beside the value, the rest is counted (L3)', async () => {
  const bench = await createLakeBench();
  const store = createMemoryObjectStore();
  const sealedDelta = Buffer.from([1, ...Array.from({ length: 40 }, (_value, index) => 200 + index)]);
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const headers: readonly (readonly [string, Buffer])[] = [
    ['stepwright-ingest', sealedDelta],
    ['traceparent', Buffer.from(trace)],
    ['x-user', Buffer.from('Ada Lovelace')],
  ];
  const clear: readonly (readonly [string, Buffer])[] = [
    ['stepwright-ingest', Buffer.from('{"d":"a device, in words, which nobody sealed"}')],
    ['traceparent', Buffer.from('Ada Lovelace')],
  ];
  await bench.send([record('acme/s1', 0, { headers }), record('acme/s1', 0), record('acme/s1', 0, { headers: clear })]);
  await bench.drain(store);
  assert.deepEqual(
    (await lakeRecords(store)).map(({ headers: { ingest, traceParent, otherCount } }) => [ingest, traceParent, otherCount]),
    [
      [sealedDelta, trace, 1],
      [null, null, 0],
      [null, null, 2],
    ],
  );
  for (const body of (await lakeFiles(store)).values()) assert.ok(!body.includes('Ada') && !body.includes('nobody sealed'));
});

test('an object that the store refuses stops the lake: no record is to blame, and none becomes a dead letter', async () => {
  const bench = await createLakeBench();
  const store = createMemoryObjectStore();
  const tooLarge = new StepwrightError('OBJECT_TOO_LARGE', 'The object is larger than it takes.', { disposition: 'dead-letter' });
  const strict: ObjectStore = {
    ...passing(store),
    put: (key, body, options) => (key.endsWith('.parquet') ? Promise.reject(tooLarge) : store.put(key, body, options)),
  };
  await bench.send(sent);
  await assert.rejects(bench.drain(strict), (error) => hasCode(error, 'SINK_FAILED') && /larger than it takes/.test(error.message));
  assert.deepEqual(bench.letters, []);
  await bench.drain(store);
  assert.deepEqual(await held(store), expected(sent));
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
  const ends = await bench.ends();
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
    const row = createLakeRowReader().read({ ...record('acme/s1', index), offset: 0n, headers: [] });
    return { ...at, offset: fromOffset + BigInt(index), row };
  });
  return { rows, ranges: [{ ...at, fromOffset, nextOffset }] };
}
