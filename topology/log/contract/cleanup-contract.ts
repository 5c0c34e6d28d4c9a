import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenLogUnderTest } from './contract-kit.ts';
import { drain, first, maintenanceOf, now, output, produce, readAll, readTexts, rejectsWith, text } from './contract-kit.ts';

export function testCleanup(name: string, open: OpenLogUnderTest): void {
  test(`${name}: records before a deletion are unreadable, offsets go on`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    const offsets = await produce(log, [output('a'), output('b'), output('c')]);
    await log.deleteRecords([{ ...first, nextOffset: offsets[2] ?? -1n }]);
    assert.deepEqual(await readTexts(log, first), ['c']);
    const [range] = await log.offsets([first], 'read_committed');
    await log.deleteRecords([{ ...first, nextOffset: range?.nextOffset ?? -1n }]);
    assert.deepEqual(await readTexts(log, first), []);
    const [next] = await produce(log, [output('d')]);
    assert.equal(next, range?.nextOffset);
    assert.deepEqual(await readTexts(log, first), ['d']);
    await rejectsWith('LOG_OFFSET_OUT_OF_RANGE', () => log.deleteRecords([{ ...first, nextOffset: 1000n }]));
  });

  test(`${name}: retention by time goes by the age of the append, not by the time stamp of the record`, async (t) => {
    const opened = await open(t);
    const maintain = maintenanceOf(opened, t);
    if (maintain === undefined) return;
    const { log, advanceMs } = opened;
    await log.createTopics([{ name: 'events', partitionCount: 1, retentionMs: 1000 }]);
    await produce(log, [output('old', { timestampMs: 9_999_999_999_999 })]);
    await advanceMs(900);
    await produce(log, [output('young', { timestampMs: 1 })]);
    await advanceMs(200);
    await maintain();
    assert.deepEqual(await readTexts(log, first), ['young']);
    await advanceMs(2000);
    await maintain();
    assert.deepEqual(await readTexts(log, first), []);
    const [range] = await log.offsets([first], 'read_committed');
    assert.equal(range?.startOffset, range?.nextOffset);
    assert.deepEqual(await produce(log, [output('next')]), [2n]);
  });

  test(`${name}: retention by bytes keeps the newest records within the bound`, async (t) => {
    const opened = await open(t);
    const maintain = maintenanceOf(opened, t);
    if (maintain === undefined) return;
    const { log } = opened;
    await log.createTopics([{ name: 'events', partitionCount: 1, retentionBytes: 5000 }]);
    const producer = await log.openProducer();
    for (let index = 0; index < 20; index++) await producer.send([output(`${index}`.padEnd(900))]);
    await maintain();
    const kept = await readAll(log, first);
    const byteCount = kept.reduce((sum, record) => sum + (record.value?.length ?? 0), 0);
    assert.ok(byteCount <= 5000 && byteCount >= 3000, `${byteCount} bytes kept`);
    assert.equal(text(kept.at(-1))?.trim(), '19');
  });

  test(`${name}: compaction keeps the last record of each key at its offset`, async (t) => {
    const opened = await open(t);
    const maintain = maintenanceOf(opened, t);
    if (maintain === undefined) return;
    const { log } = opened;
    await log.createTopics([{ name: 'events', partitionCount: 1, cleanup: 'compact' }]);
    const values = ['a1', 'b1', 'a2', 'c1', 'a3', 'b2'];
    const offsets = await produce(
      log,
      values.map((value) => output(value, { key: value.slice(0, 1) })),
    );
    const before = await log.offsets([first], 'read_committed');
    await maintain();
    const kept = (await readAll(log, first)).map((record) => [text(record), record.offset]);
    assert.deepEqual(kept, [
      ['c1', offsets[3]],
      ['a3', offsets[4]],
      ['b2', offsets[5]],
    ]);
    assert.equal((await log.offsets([first], 'read_committed'))[0]?.nextOffset, before[0]?.nextOffset);
  });

  test(`${name}: what is compacted again and again still holds the last value of every key`, async (t) => {
    const opened = await open(t);
    const maintain = maintenanceOf(opened, t);
    if (maintain === undefined) return;
    const { log } = opened;
    await log.createTopics([{ name: 'events', partitionCount: 1, cleanup: 'compact' }]);
    const last = new Map<string, string>();
    for (let round = 0; round < 6; round++) {
      const records = Array.from({ length: 40 }, (_, index) => ({
        key: `k${(index * 7 + round) % (10 + round)}`,
        value: `${round}-${index}`,
      }));
      for (const { key, value } of records) last.set(key, value);
      await produce(
        log,
        records.map(({ key, value }) => output(value, { key })),
      );
      await maintain();
    }
    const kept = (await readAll(log, first)).map((record) => [record.key?.toString(), text(record)] as const);
    assert.equal(kept.length, last.size);
    assert.deepEqual(new Map(kept), last);
  });

  test(`${name}: a tombstone outlives what it deletes by tombstoneRetentionMs`, async (t) => {
    const opened = await open(t);
    const maintain = maintenanceOf(opened, t);
    if (maintain === undefined) return;
    const { log, advanceMs } = opened;
    await log.createTopics([{ name: 'events', partitionCount: 1, cleanup: 'compact', tombstoneRetentionMs: 1000 }]);
    await produce(log, [output('a1', { key: 'a' }), output('b1', { key: 'b' })]);
    await produce(log, [output(null, { key: 'a' })]);
    await advanceMs(500);
    await maintain();
    assert.deepEqual(await readTexts(log, first), ['b1', undefined]);
    await advanceMs(1000);
    await produce(log, [output('c1', { key: 'c' })]);
    await maintain();
    assert.deepEqual(await readTexts(log, first), ['b1', 'c1']);
  });

  test(`${name}: compaction drops aborted records and never brings one back`, async (t) => {
    const opened = await open(t);
    const maintain = maintenanceOf(opened, t);
    if (maintain === undefined) return;
    const { log } = opened;
    await log.createTopics([{ name: 'events', partitionCount: 1, cleanup: 'compact' }]);
    await produce(log, [output('kept', { key: 'a' })]);
    const sink = await log.openSink({ transactionalId: 'task' });
    sink.begin();
    sink.send([output('never', { key: 'a' })]);
    await sink.abort();
    await maintain();
    assert.deepEqual(await readTexts(log, first), ['kept']);
  });

  test(`${name}: an open reader goes on through a compaction and ends with the last values`, async (t) => {
    const opened = await open(t);
    const maintain = maintenanceOf(opened, t);
    if (maintain === undefined) return;
    const { log } = opened;
    await log.createTopics([{ name: 'events', partitionCount: 1, cleanup: 'compact' }]);
    const producer = await log.openProducer();
    for (let index = 0; index < 30; index++) await producer.send([output(`${index}`.padEnd(40), { key: `k${index % 3}` })]);
    const reader = await log.openReader({ from: [{ ...first, nextOffset: 0n }] });
    const seen = new Map<string | undefined, string | undefined>();
    for (const batch of await reader.poll({ ...now, maxBytes: 200 })) {
      for (const record of batch.records) seen.set(record.key?.toString(), text(record)?.trim());
    }
    const middle = reader.position(first);
    await maintain();
    assert.ok(middle > 0n && middle < 30n, `${middle}`);
    for (const record of await drain(reader, first)) {
      assert.ok(record.offset >= middle);
      seen.set(record.key?.toString(), text(record)?.trim());
    }
    assert.deepEqual(
      seen,
      new Map([
        ['k0', '27'],
        ['k1', '28'],
        ['k2', '29'],
      ]),
    );
  });

  test(`${name}: a reader that begins in a stretch that compaction emptied goes on behind it`, async (t) => {
    const opened = await open(t);
    const maintain = maintenanceOf(opened, t);
    if (maintain === undefined) return;
    const { log } = opened;
    await log.createTopics([{ name: 'events', partitionCount: 1, cleanup: 'compact' }]);
    const producer = await log.openProducer();
    for (let index = 0; index < 10; index++) await producer.send([output(`a${index}`, { key: 'a' })]);
    await maintain();
    for (let fromOffset = 0n; fromOffset < 10n; fromOffset++) {
      assert.deepEqual((await readAll(log, first, { fromOffset })).map(text), ['a9'], `from ${fromOffset}`);
    }
  });

  test(`${name}: compact,delete does both`, async (t) => {
    const opened = await open(t);
    const maintain = maintenanceOf(opened, t);
    if (maintain === undefined) return;
    const { log, advanceMs } = opened;
    await log.createTopics([{ name: 'events', partitionCount: 1, cleanup: 'compact,delete', retentionMs: 1000 }]);
    await produce(log, [output('old', { key: 'a' })]);
    await advanceMs(1500);
    await produce(log, [output('b1', { key: 'b' }), output('b2', { key: 'b' })]);
    await maintain();
    assert.deepEqual(await readTexts(log, first), ['b2']);
  });

  test(`${name}: a topic that only deletes is not compacted`, async (t) => {
    const opened = await open(t);
    const maintain = maintenanceOf(opened, t);
    if (maintain === undefined) return;
    const { log } = opened;
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    await produce(log, [output('a1', { key: 'a' }), output('a2', { key: 'a' })]);
    await maintain();
    assert.deepEqual(await readTexts(log, first), ['a1', 'a2']);
  });
}
