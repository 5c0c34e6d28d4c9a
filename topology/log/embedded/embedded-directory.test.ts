import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { hasCode } from '../../base/errors.ts';
import { createManualClock } from '../../testing/manual-clock.ts';
import { drain, first, joinGroup, now, output, produce, readTexts, rejectsWith, text } from '../contract/contract-kit.ts';
import type { EmbeddedLog } from './embedded-log.ts';
import { openEmbeddedLog } from './embedded-log.ts';
import type { EmbeddedLogOptions } from './embedded-options.ts';
import { openDirectory } from './open-directory.ts';
import { kind, metadataKey, rangeOf, topicKey } from './storage-keys.ts';

const topics = [{ name: 'events', partitionCount: 2 }];
const smallBudget = { memtableBytes: 1_048_576, blockCacheBytes: 1_048_576 };

interface Place {
  readonly directory: string;
  open(options?: Partial<EmbeddedLogOptions>): Promise<EmbeddedLog>;
}

/** A directory that goes after the test, once the logs in it are closed. */
async function temporaryPlace(t: TestContext): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'stepwright-log-'));
  const logs: EmbeddedLog[] = [];
  t.after(async () => {
    for (const log of logs) await log.close();
    await rm(directory, { recursive: true, force: true });
  });
  return {
    directory,
    open: async (options = {}) => {
      const log = await openEmbeddedLog({ ...smallBudget, ...options, directory });
      logs.push(log);
      return log;
    },
  };
}

test('records, positions and topics are there after the log was closed and opened again', async (t) => {
  const { open } = await temporaryPlace(t);
  const log = await open();
  await log.createTopics(topics);
  await produce(log, [output('a'), output('b')]);
  const { source } = await joinGroup(log, 'a');
  await source.poll(now);
  await source.commitOffsets([{ ...first, nextOffset: 1n, metadata: 'one' }]);
  const before = await log.describeTopics(['events']);
  await log.close();

  const again = await open();
  assert.deepEqual(await again.describeTopics(['events']), before);
  assert.deepEqual(await readTexts(again, first), ['a', 'b']);
  assert.deepEqual(await again.committed('group', [first]), [{ ...first, nextOffset: 1n, metadata: 'one' }]);
  assert.deepEqual(await produce(again, [output('c')]), [2n]);
});

test('offsets are never used twice, even when everything was deleted before the log was opened again', async (t) => {
  const { open } = await temporaryPlace(t);
  const log = await open();
  await log.createTopics(topics);
  await produce(log, [output('a'), output('b')]);
  await log.deleteRecords([{ ...first, nextOffset: 2n }]);
  await log.close();
  const again = await open();
  assert.deepEqual(await again.offsets([first], 'read_committed'), [{ ...first, startOffset: 2n, nextOffset: 2n }]);
  assert.deepEqual(await produce(again, [output('c')]), [2n]);
});

test('a second opener of the directory is told who has it and what to do', async (t) => {
  const { open } = await temporaryPlace(t);
  await open();
  await assert.rejects(open(), (error) => {
    assert.ok(hasCode(error, 'LOG_LOCKED'));
    assert.match(error.message, new RegExp(`process ${process.pid}`));
    assert.match(error.message, /stop it or choose another directory/);
    return true;
  });
});

test('a directory of another format is left alone', async (t) => {
  const { directory, open } = await temporaryPlace(t);
  const rocks = await openDirectory(directory, smallBudget);
  rocks.write((batch) => batch.put(metadataKey('format'), Buffer.from('99')));
  await rocks.close();
  await rejectsWith('LOG_FORMAT_VERSION', () => open());
  await rejectsWith('LOG_FORMAT_VERSION', () => open());
});

test('a damaged table file is reported as corruption with a way out, not read around', async (t) => {
  const { directory, open } = await temporaryPlace(t);
  const log = await open();
  await log.createTopics(topics);
  await produce(
    log,
    Array.from({ length: 500 }, (_, index) => output(`${index}`.padEnd(500))),
  );
  await log.close();
  await (await open()).close();
  const database = join(directory, 'db');
  const tables = (await readdir(database)).filter((name) => name.endsWith('.sst'));
  assert.ok(tables.length > 0, 'the records were moved to a table file');
  for (const name of tables) {
    const bytes = await readFile(join(database, name));
    for (let at = 100; at < bytes.length - 2000; at += 64) bytes[at] = (bytes[at] ?? 0) ^ 0x5a;
    await writeFile(join(database, name), bytes);
  }
  await assert.rejects(
    async () => {
      const damaged = await open();
      await readTexts(damaged, first);
    },
    (error) => hasCode(error, 'LOG_CORRUPT') && /put a copy of the directory back/.test(error.message),
  );
});

test('a missing CURRENT file does not make an empty log of a full directory', async (t) => {
  const { directory, open } = await temporaryPlace(t);
  const log = await open();
  await log.createTopics(topics);
  await log.close();
  await rm(join(directory, 'db', 'CURRENT'));
  await rejectsWith('LOG_CORRUPT', () => open());
});

test('a full disk refuses appends until there is space again, and the same call then succeeds', async (t) => {
  const { open } = await temporaryPlace(t);
  const clock = createManualClock();
  let freeBytes = 1_000_000_000;
  const log = await open({ clock, minFreeBytes: 1000, freeBytes: async () => freeBytes });
  await log.createTopics(topics);
  const sink = await log.openSink({ transactionalId: 'task' });
  const look = async (bytes: number): Promise<void> => {
    freeBytes = bytes;
    clock.advance(1000);
    await log
      .openProducer()
      .then((producer) => producer.send([]))
      .catch(() => {});
    await new Promise(setImmediate);
  };
  sink.begin();
  sink.send([output('whole'), output('whole', { partition: 1 })]);
  await look(10);
  await assert.rejects(sink.commit([], undefined), (error) => hasCode(error, 'LOG_DISK_FULL') && error.disposition === 'retry');
  await rejectsWith('LOG_DISK_FULL', () => produce(log, [output('refused')]));
  assert.deepEqual(await readTexts(log, first), []);
  await look(1_000_000_000);
  await sink.commit([], undefined);
  assert.deepEqual(await readTexts(log, first), ['whole']);
});

test('a long compaction stops between slices when the log closes, and is finished by the next', async (t) => {
  const { open } = await temporaryPlace(t);
  const log = await open();
  await log.createTopics([{ name: 'events', partitionCount: 1, cleanup: 'compact' }]);
  const producer = await log.openProducer();
  for (let index = 0; index < 40; index++) {
    const records = Array.from({ length: 20 }, (_, key) => output(`${index}-${key}`.padEnd(5000), { key: `${key}` }));
    await producer.send(records);
  }
  const running = log.maintain();
  await log.close();
  await running;
  const again = await open();
  await again.maintain();
  const reader = await again.openReader({ from: [{ ...first, nextOffset: 0n }] });
  const kept = (await drain(reader, first)).map((record) => text(record)?.trim());
  assert.deepEqual(
    kept,
    Array.from({ length: 20 }, (_, key) => `39-${key}`),
  );
});

test('a deletion that runs while the log closes is told so, and is finished by the next', async (t) => {
  const { open } = await temporaryPlace(t);
  const log = await open();
  await log.createTopics(topics);
  const producer = await log.openProducer();
  for (let index = 0; index < 1200; index++) await producer.send([output(`${index}`)]);
  const deleting = log.deleteRecords([{ ...first, nextOffset: 1199n }]);
  const answered = deleting.then(
    () => assert.fail('it was over before the log closed'),
    (error: unknown) => assert.ok(hasCode(error, 'LOG_CLOSED'), String(error)),
  );
  await log.close();
  await answered;
  const again = await open();
  assert.deepEqual(await readTexts(again, first), ['1199']);
});

test('what a crash left of a deleted topic goes at the next maintenance', async (t) => {
  const { directory, open } = await temporaryPlace(t);
  const log = await open();
  await log.createTopics([{ name: 'gone', partitionCount: 1 }, ...topics]);
  await produce(log, [output('canary', { topic: 'gone' }), output('kept')]);
  await log.close();
  const crashed = await openDirectory(directory, smallBudget);
  crashed.write((batch) => batch.delete(topicKey('gone')));
  await crashed.close();

  const again = await open();
  await again.maintain();
  await again.close();
  const rocks = await openDirectory(directory, smallBudget);
  const values = rocks.scan(rangeOf(kind.batch)).map(({ value }) => value.toString('latin1'));
  await rocks.close();
  assert.deepEqual([values.some((value) => value.includes('canary')), values.some((value) => value.includes('kept'))], [false, true]);
});

test('a compaction that may hold only a few keys still reaches the same end, in several runs', async (t) => {
  const { open } = await temporaryPlace(t);
  const log = await open({ compactionMaxKeys: 3 });
  await log.createTopics([{ name: 'events', partitionCount: 1, cleanup: 'compact' }]);
  const producer = await log.openProducer();
  for (let index = 0; index < 30; index++) await producer.send([output(`${index}`, { key: `${index % 10}` })]);
  for (let run = 0; run < 12; run++) await log.maintain();
  assert.deepEqual(
    await readTexts(log, first),
    Array.from({ length: 10 }, (_, key) => `${20 + key}`),
  );
});
