import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryLog } from '../log/memory/memory-log.ts';
import type { RecordBatch } from '../log/log.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { PartitionFlow } from './partition-flow.ts';

const at = { topic: 't', partition: 0 };

async function createFlow(values: readonly string[]) {
  const log = createMemoryLog({ clock: createManualClock() });
  await log.createTopics([{ name: 't', partitionCount: 1 }]);
  const producer = await log.openProducer();
  await producer.send(values.map((value) => ({ ...at, key: null, value: Buffer.from(value), timestampMs: 0 })));
  const source = await log.openSource({
    groupId: 'g',
    memberId: 'm',
    topics: ['t'],
    offsetReset: 'earliest',
    onAssigned: async () => {},
    onRevoked: async () => {},
  });
  await source.poll({ maxWaitMs: 0, maxBytes: 1 });
  source.seek({ ...at, nextOffset: 0n });
  return { flow: new PartitionFlow(source), poll: { maxWaitMs: 0, maxBytes: 1 } };
}

const texts = (batches: readonly RecordBatch[]) => batches.flatMap(({ records }) => records.map(({ value }) => value?.toString()));

test('K4 what a poll brings for a partition that was moved meanwhile is void, and the move stands', async () => {
  const { flow, poll } = await createFlow(['a', 'b', 'c']);
  assert.deepEqual(texts(flow.take(await flow.poll(poll))), ['a']);
  const pending = flow.poll(poll);
  flow.seek([{ ...at, nextOffset: 0n }]);
  const late = await pending;
  assert.deepEqual(texts(flow.take(late)), []);
  assert.deepEqual(texts(flow.take(await flow.poll(poll))), ['a']);
});

test('K4 the same when the answer is back but the loop has not taken it yet', async () => {
  const { flow, poll } = await createFlow(['a', 'b', 'c']);
  const answered = await flow.poll(poll);
  flow.seek([{ ...at, nextOffset: 2n }]);
  assert.deepEqual(texts(flow.take(answered)), []);
  assert.deepEqual(texts(flow.take(await flow.poll(poll))), ['c']);
});

test('a move between polls takes effect at once', async () => {
  const { flow, poll } = await createFlow(['a', 'b', 'c']);
  flow.seek([{ ...at, nextOffset: 1n }]);
  assert.deepEqual(texts(flow.take(await flow.poll(poll))), ['b']);
});

test('a paused partition gives nothing until it is resumed; partitions of others are left alone', async () => {
  const { flow, poll } = await createFlow(['a']);
  flow.setPaused([at, { topic: 't', partition: 7 }], true);
  assert.deepEqual(texts(flow.take(await flow.poll(poll))), []);
  assert.equal(flow.isPaused(at), true);
  flow.setPaused([at], false);
  assert.deepEqual(texts(flow.take(await flow.poll(poll))), ['a']);
});
