/** One reader for restores and copies: who goes first, and what a change of those who read costs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordBatch } from '../log/log.ts';
import { createMemoryLog, type MemoryLog } from '../log/memory/memory-log.ts';
import { ChangelogReader, type ChangelogFeed } from './changelog-reader.ts';

const turn = () => new Promise(setImmediate);

class RecordingFeed implements ChangelogFeed {
  readonly isRestore: boolean;
  readonly cursors;
  readonly values: string[] = [];
  readonly errors: unknown[] = [];
  onTake: () => void = () => {};

  constructor(topic: string, isRestore: boolean, nextOffset = 0n) {
    this.isRestore = isRestore;
    this.cursors = [{ topic, partition: 0, nextOffset }];
  }

  take(batches: readonly RecordBatch[]): Promise<void> {
    this.values.push(...batches.flatMap(({ records }) => records.map(({ value }) => value?.toString() ?? '')));
    this.onTake();
    return Promise.resolve();
  }

  failed(error: unknown): void {
    this.errors.push(error);
  }

  async until(count: number): Promise<void> {
    while (this.values.length < count) await turn();
  }
}

async function createLog(): Promise<{
  readonly log: MemoryLog;
  readonly write: (topic: string, ...values: readonly string[]) => Promise<void>;
}> {
  const log = createMemoryLog();
  await log.createTopics(['a', 'b', 'c'].map((name) => ({ name, partitionCount: 1 })));
  const producer = await log.openProducer();
  const write = async (topic: string, ...values: readonly string[]) => {
    await producer.send(values.map((value) => ({ topic, partition: 0, key: null, value: Buffer.from(value), timestampMs: 1 })));
  };
  return { log, write };
}

test('copies wait while a task restores, and go on from where they were', async () => {
  const { log, write } = await createLog();
  const reader = new ChangelogReader({ log, pollBytes: () => 1_000 });
  const copy = new RecordingFeed('a', false);
  reader.add(copy);
  await write('a', '1');
  await copy.until(1);
  const restore = new RecordingFeed('b', true);
  await write('b', 'x', 'y');
  reader.add(restore);
  await write('a', '2');
  await restore.until(2);
  for (let count = 0; count < 20; count += 1) await turn();
  assert.deepEqual(copy.values, ['1'], 'nobody waits for a copy, somebody for the restore');
  await reader.remove(restore);
  await copy.until(2);
  assert.deepEqual(copy.values, ['1', '2']);
  await reader.close();
});

test('feeds that come and go cost the others no record, and none comes twice', async () => {
  const { log, write } = await createLog();
  const reader = new ChangelogReader({ log, pollBytes: () => 1_000 });
  const steady = new RecordingFeed('a', false);
  reader.add(steady);
  const expected: string[] = [];
  for (let count = 0; count < 30; count += 1) {
    const other = new RecordingFeed(count % 2 === 0 ? 'b' : 'c', count % 3 === 0);
    reader.add(other);
    expected.push(`value ${count}`);
    await write('a', `value ${count}`);
    if (count % 4 !== 0) await turn();
    await reader.remove(other);
  }
  await steady.until(expected.length);
  assert.deepEqual(steady.values, expected);
  await reader.close();
});

test('a feed that is removed is not called any more, not even by a poll that is on its way', async () => {
  const { log, write } = await createLog();
  const reader = new ChangelogReader({ log, pollBytes: () => 1_000 });
  const feed = new RecordingFeed('a', true);
  reader.add(feed);
  await turn();
  const done = write('a', '1');
  await reader.remove(feed);
  const seen = feed.values.length;
  await done;
  for (let count = 0; count < 20; count += 1) await turn();
  assert.equal(feed.values.length, seen);
  await reader.close();
});

test('a position that is gone ends the feed that has it and no other', async () => {
  const { log, write } = await createLog();
  await write('a', '1', '2', '3');
  await write('b', 'x');
  await log.deleteRecords([{ topic: 'a', partition: 0, nextOffset: 2n }]);
  const reader = new ChangelogReader({ log, pollBytes: () => 1_000 });
  const [lost, sound] = [new RecordingFeed('a', true), new RecordingFeed('b', true)];
  reader.add(lost);
  reader.add(sound);
  await sound.until(1);
  while (lost.errors.length === 0) await turn();
  assert.match(String(lost.errors[0]), /outside/);
  assert.deepEqual([lost.values, sound.values, sound.errors], [[], ['x'], []]);
  await reader.close();
});
