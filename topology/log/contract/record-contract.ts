import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenLogUnderTest } from './contract-kit.ts';
import {
  drain,
  first,
  joinGroup,
  now,
  output,
  produce,
  readAll,
  readTexts,
  rejectsWith,
  second,
  sorted,
  texts,
  turn,
  untilWoken,
} from './contract-kit.ts';

export function testRecords(name: string, open: OpenLogUnderTest): void {
  test(`${name}: records come back in order with key, value, time stamp and headers as they were sent`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 2 }]);
    const headers = [
      ['trace', Buffer.of(0, 1, 255)],
      ['größe', Buffer.alloc(0)],
      ['trace', Buffer.from('again')],
    ] as const;
    await produce(log, [
      { ...first, key: Buffer.from('k'), value: Buffer.from('v'), timestampMs: 1_700_000_000_000, headers },
      { ...first, key: null, value: null, timestampMs: 0 },
      { ...first, key: Buffer.alloc(0), value: Buffer.alloc(0), timestampMs: 1_700_000_000_001 },
    ]);
    const records = await readAll(log, first);
    assert.deepEqual(
      records.map(({ key, value, timestampMs }) => ({ key: key?.toString(), value: value?.toString(), timestampMs })),
      [
        { key: 'k', value: 'v', timestampMs: 1_700_000_000_000 },
        { key: undefined, value: undefined, timestampMs: 0 },
        { key: '', value: '', timestampMs: 1_700_000_000_001 },
      ],
    );
    assert.deepEqual(
      records.map((record) => record.headers.map(([header, value]) => [header, [...value]])),
      [headers.map(([header, value]) => [header, [...value]]), [], []],
    );
    assert.deepEqual(await readAll(log, second), []);
  });

  test(`${name}: send answers with the offset of each record, whatever partition it went to`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 2 }]);
    const sent = ['a', 'b', 'c', 'd', 'e'].map((value, index) => output(value, { partition: index % 2 }));
    await produce(log, [output('before', { partition: 1 })]);
    const offsets = await produce(log, sent);
    for (const [index, { topic, partition, value }] of sent.entries()) {
      const [record] = await readAll(log, { topic, partition }, { fromOffset: offsets[index] ?? -1n });
      assert.equal(record?.offset, offsets[index]);
      assert.deepEqual(record?.value, value);
    }
  });

  test(`${name}: sends at the same time all arrive, each with its own offset`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    const producers = await Promise.all(Array.from({ length: 20 }, () => log.openProducer()));
    const answers = await Promise.all(producers.map((producer, index) => producer.send([output(`${index}-a`), output(`${index}-b`)])));
    const records = await readAll(log, first);
    for (const [index, offsets] of answers.entries()) {
      const found = offsets.map((offset) => records.find((record) => record.offset === offset)?.value?.toString());
      assert.deepEqual(found, [`${index}-a`, `${index}-b`]);
    }
    assert.equal(records.length, 40);
  });

  test(`${name}: a topic or partition that does not exist is named, and nothing of the call is written`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    await rejectsWith('LOG_TOPIC_UNKNOWN', () => produce(log, [output('a'), output('b', { topic: 'nowhere' })]));
    await rejectsWith('LOG_TOPIC_UNKNOWN', () => produce(log, [output('a'), output('b', { partition: 1 })]));
    await rejectsWith('LOG_TOPIC_UNKNOWN', () => log.openReader({ from: [{ topic: 'nowhere', partition: 0, nextOffset: 0n }] }));
    assert.deepEqual(await readTexts(log, first), []);
  });

  test(`${name}: a record above the limit is refused with its size, and nothing of the call is written`, async (t) => {
    const { log, maxRecordBytes } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    await rejectsWith('LOG_RECORD_TOO_LARGE', () => produce(log, [output('a'), output('x'.repeat(maxRecordBytes + 1))]));
    assert.deepEqual(await readTexts(log, first), []);
    await produce(log, [output('x'.repeat(maxRecordBytes))]);
    assert.equal((await readAll(log, first))[0]?.value?.length, maxRecordBytes);
  });

  test(`${name}: creating a topic again changes nothing, and another shape is refused`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    await produce(log, [output('kept')]);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    await rejectsWith('LOG_TOPIC_MISMATCH', () =>
      log.createTopics([
        { name: 'other', partitionCount: 1 },
        { name: 'events', partitionCount: 2 },
      ]),
    );
    await rejectsWith('LOG_TOPIC_MISMATCH', () => log.createTopics([{ name: 'events', partitionCount: 1, cleanup: 'compact' }]));
    assert.deepEqual(await log.describeTopics(['other']), []);
    assert.deepEqual(await readTexts(log, first), ['kept']);
  });

  test(`${name}: a topic deleted and created again has another id, no records and no committed positions (K5)`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    await produce(log, [output('old')]);
    const sink = await log.openSink({ transactionalId: 'task' });
    const member = await log.openSource({
      groupId: 'group',
      memberId: 'a',
      topics: ['events'],
      offsetReset: 'earliest',
      onRevoked: nothing,
      onAssigned: nothing,
    });
    await member.poll(now);
    sink.begin();
    await sink.commit([{ ...first, nextOffset: 1n }], member.membership());
    await member.close();
    const [before] = await log.describeTopics(['events']);
    await log.deleteTopics(['events']);
    await rejectsWith('LOG_TOPIC_UNKNOWN', () => produce(log, [output('nowhere')]));
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    const [after] = await log.describeTopics(['events']);
    assert.notEqual(after?.id, before?.id);
    assert.deepEqual(await readTexts(log, first), []);
    assert.equal((await log.committed('group', [first]))[0]?.nextOffset, undefined);
  });

  test(`${name}: a reader starts where it is told and its position passes what it handed out`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    const offsets = await produce(log, [output('a'), output('b'), output('c')]);
    const from = offsets[1] ?? -1n;
    const reader = await log.openReader({ from: [{ ...first, nextOffset: from }] });
    assert.equal(reader.position(first), from);
    assert.deepEqual(texts(await reader.poll(now)), ['b', 'c']);
    const [range] = await log.offsets([first], 'read_committed');
    assert.equal(reader.position(first), range?.nextOffset);
    assert.deepEqual(await reader.poll(now), []);
  });

  test(`${name}: a position outside the log is refused with the range that is there`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    await produce(log, [output('a'), output('b'), output('c')]);
    await log.deleteRecords([{ ...first, nextOffset: 2n }]);
    const below = await log.openReader({ from: [{ ...first, nextOffset: 1n }] });
    await rejectsWith('LOG_OFFSET_OUT_OF_RANGE', () => below.poll(now));
    const beyond = await log.openReader({ from: [{ ...first, nextOffset: 1000n }] });
    await rejectsWith('LOG_OFFSET_OUT_OF_RANGE', () => beyond.poll(now));
    assert.deepEqual(await readTexts(log, first), ['c']);
  });

  test(`${name}: a waiting poll is woken by an append, long before its time is over`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 2 }]);
    const reader = await log.openReader({ from: [{ ...second, nextOffset: 0n }] });
    const waiting = reader.poll(untilWoken);
    await turn();
    await produce(log, [output('live', { partition: 1 })]);
    assert.deepEqual(texts(await waiting), ['live']);
  });

  test(`${name}: a waiting poll ends with nothing when its time is over`, async (t) => {
    const { log, advanceMs } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    const reader = await log.openReader({ from: [{ ...first, nextOffset: 0n }] });
    const waiting = reader.poll({ maxWaitMs: 100 });
    await turn();
    await advanceMs(100);
    assert.deepEqual(await waiting, []);
  });

  test(`${name}: polls are bounded by maxBytes and serve every partition in turn`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 2 }]);
    const producer = await log.openProducer();
    for (let index = 0; index < 50; index++) await producer.send([output(`${index}`.padEnd(1000)), output('small', { partition: 1 })]);
    const reader = await log.openReader({
      from: [
        { ...first, nextOffset: 0n },
        { ...second, nextOffset: 0n },
      ],
    });
    const firstPoll = await reader.poll({ ...now, maxBytes: 5000 });
    const byteCount = firstPoll.flatMap((batch) => batch.records).reduce((sum, record) => sum + (record.value?.length ?? 0), 0);
    assert.ok(byteCount > 0 && byteCount < 10_000, `${byteCount} bytes for maxBytes 5000`);
    assert.deepEqual(new Set(firstPoll.map((batch) => batch.partition)), new Set([0, 1]));
    await drain(reader, first);
    const [end] = await log.offsets([first], 'read_committed');
    assert.equal(reader.position(first), end?.nextOffset);
  });

  test(`${name}: a closed log refuses calls and ends waiting polls`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    const reader = await log.openReader({ from: [{ ...first, nextOffset: 0n }] });
    const waiting = reader.poll(untilWoken);
    await turn();
    await log.close();
    assert.deepEqual(await waiting, []);
    await log.close();
    await rejectsWith('LOG_CLOSED', () => log.openProducer());
    await rejectsWith('LOG_CLOSED', () => reader.poll(now));
  });

  test(`${name}: a poll that fails for one partition skips nothing of the others`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 2 }]);
    const { source } = await joinGroup(log, 'member');
    await source.poll(now);
    const reader = await log.openReader({
      from: [
        { ...first, nextOffset: 0n },
        { ...second, nextOffset: 0n },
      ],
    });
    await produce(log, [output('kept'), output('gone', { partition: 1 }), output('behind', { partition: 1 })]);
    await log.deleteRecords([{ ...second, nextOffset: 1n }]);
    await rejectsWith('LOG_OFFSET_OUT_OF_RANGE', () => reader.poll(now));
    assert.equal(reader.position(first), 0n);
    await rejectsWith('LOG_OFFSET_OUT_OF_RANGE', () => source.poll(now));
    source.seek({ ...second, nextOffset: 1n });
    // A log that fetches ahead may hand out what it has of one partition before it has asked for the other.
    const read = [...texts(await source.poll(now)), ...texts(await source.poll(now))];
    assert.deepEqual(sorted(read), ['behind', 'kept']);
  });
}

async function nothing(): Promise<void> {}
