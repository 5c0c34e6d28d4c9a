import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../../testing/manual-clock.ts';
import { first, now, output, produce, readAll, readTexts, rejectsWith, text } from '../contract/contract-kit.ts';
import { createMemoryLog } from './memory-log.ts';

test('an open transaction holds read-committed readers back, as Kafka’s last stable offset does', async () => {
  const log = createMemoryLog({ clock: createManualClock() });
  await log.createTopics([{ name: 'events', partitionCount: 1 }]);
  await produce(log, [output('before')]);
  const sink = await log.openSink({ transactionalId: 'task' });
  sink.begin();
  sink.send([output('open')]);
  await produce(log, [output('behind')]);
  assert.deepEqual(await readTexts(log, first), ['before']);
  assert.deepEqual(await log.offsets([first], 'read_committed'), [{ ...first, startOffset: 0n, nextOffset: 1n }]);
  assert.deepEqual(await log.offsets([first], 'read_uncommitted'), [{ ...first, startOffset: 0n, nextOffset: 3n }]);
  assert.deepEqual((await readAll(log, first, { isolation: 'read_uncommitted' })).map(text), ['before', 'open', 'behind']);
  await sink.commit([], undefined);
  assert.deepEqual(await readTexts(log, first), ['before', 'open', 'behind']);
});

test('markers take offsets, so committed offsets are sparse', async () => {
  const log = createMemoryLog();
  await log.createTopics([{ name: 'events', partitionCount: 1 }]);
  const sink = await log.openSink({ transactionalId: 'task' });
  for (const value of ['a', 'b']) {
    sink.begin();
    sink.send([output(value)]);
    await sink.commit([], undefined);
  }
  const records = await readAll(log, first);
  assert.deepEqual(
    records.map((record) => record.offset),
    [0n, 2n],
  );
  assert.equal((await log.offsets([first], 'read_committed'))[0]?.nextOffset, 4n);
});

test('a transaction that stays open beyond its time is aborted and its owner fenced', async () => {
  const clock = createManualClock();
  const log = createMemoryLog({ clock });
  await log.createTopics([{ name: 'events', partitionCount: 1 }]);
  const sink = await log.openSink({ transactionalId: 'task', transactionTimeoutMs: 10_000 });
  sink.begin();
  sink.send([output('never')]);
  await produce(log, [output('behind')]);
  const reader = await log.openReader({ from: [{ ...first, nextOffset: 0n }] });
  assert.deepEqual(await reader.poll(now), []);
  clock.advance(10_000);
  assert.deepEqual(
    (await reader.poll(now)).flatMap((batch) => batch.records.map(text)),
    ['behind'],
  );
  await rejectsWith('LOG_FENCED', () => sink.commit([], undefined));
});

test('a transaction that ends in time is not timed out later', async () => {
  const clock = createManualClock();
  const log = createMemoryLog({ clock });
  await log.createTopics([{ name: 'events', partitionCount: 1 }]);
  const sink = await log.openSink({ transactionalId: 'task', transactionTimeoutMs: 10_000 });
  sink.begin();
  await sink.commit([], undefined);
  clock.advance(60_000);
  sink.begin();
  sink.send([output('kept')]);
  await sink.commit([], undefined);
  assert.deepEqual(await readTexts(log, first), ['kept']);
});
