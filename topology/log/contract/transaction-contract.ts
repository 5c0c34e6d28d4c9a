import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFaultyLog } from '../../testing/faulty-log.ts';
import { Faults } from '../../testing/faults.ts';
import type { OpenLogUnderTest } from './contract-kit.ts';
import { drain, first, joinGroup, now, output, produce, readAll, readTexts, rejectsWith, second, settle, text } from './contract-kit.ts';

export function testTransactions(name: string, open: OpenLogUnderTest): void {
  test(`${name}: records and positions of a transaction become visible together`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 2 }]);
    const { source } = await joinGroup(log, 'a');
    await source.poll(now);
    const sink = await log.openSink({ transactionalId: 'task' });
    sink.begin();
    sink.send([output('a'), output('b', { partition: 1 })]);
    sink.send([output('c')]);
    assert.deepEqual(await readTexts(log, first), []);
    assert.equal((await log.committed('group', [first]))[0]?.nextOffset, undefined);
    await sink.commit([{ ...first, nextOffset: 7n, metadata: 'commit 1' }], source.membership());
    assert.deepEqual(await readTexts(log, first), ['a', 'c']);
    assert.deepEqual(await readTexts(log, second), ['b']);
    assert.deepEqual(await log.committed('group', [first, second]), [
      { ...first, nextOffset: 7n, metadata: 'commit 1' },
      { ...second, nextOffset: undefined, metadata: '' },
    ]);
  });

  test(`${name}: an aborted transaction leaves nothing, and what follows it is read`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    const sink = await log.openSink({ transactionalId: 'task' });
    sink.begin();
    sink.send([output('never')]);
    await sink.abort();
    sink.begin();
    sink.send([output('kept')]);
    await sink.commit([], undefined);
    assert.deepEqual(await readTexts(log, first), ['kept']);
  });

  test(`${name}: a reader passes aborted records at its end, so that it can tell that it has caught up`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    await produce(log, [output('a')]);
    const sink = await log.openSink({ transactionalId: 'task' });
    sink.begin();
    sink.send([output('never')]);
    await sink.abort();
    const reader = await log.openReader({ from: [{ ...first, nextOffset: 0n }] });
    await drain(reader, first);
    const [range] = await log.offsets([first], 'read_uncommitted');
    assert.equal(reader.position(first), range?.nextOffset);
  });

  test(`${name}: a new owner fences the old one and ends its open transaction (K7)`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    const old = await log.openSink({ transactionalId: 'task' });
    old.begin();
    old.send([output('zombie')]);
    const young = await log.openSink({ transactionalId: 'task' });
    await rejectsWith('LOG_FENCED', () => old.send([output('zombie')]));
    await rejectsWith('LOG_FENCED', () => old.commit([], undefined));
    await rejectsWith('LOG_FENCED', () => old.abort());
    await rejectsWith('LOG_FENCED', () => old.begin());
    await old.close();
    young.begin();
    young.send([output('owner')]);
    await young.commit([], undefined);
    assert.deepEqual(await readTexts(log, first), ['owner']);
  });

  test(`${name}: a commit that a new owner overtakes is either refused or whole, never both (K7)`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    const old = await log.openSink({ transactionalId: 'task' });
    old.begin();
    old.send([output('raced')]);
    const [outcome] = await Promise.allSettled([old.commit([], undefined), log.openSink({ transactionalId: 'task' })]);
    assert.deepEqual(await readTexts(log, first), outcome.status === 'fulfilled' ? ['raced'] : []);
  });

  test(`${name}: other transactional ids are not fenced`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    const one = await log.openSink({ transactionalId: 'task-1' });
    one.begin();
    one.send([output('one')]);
    await log.openSink({ transactionalId: 'task-2' });
    await one.commit([], undefined);
    assert.deepEqual(await readTexts(log, first), ['one']);
  });

  test(`${name}: a member of an older generation commits nothing and can abort`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    const { source } = await joinGroup(log, 'a');
    await source.poll(now);
    const stale = source.membership();
    source.requestRebalance();
    await source.poll(now);
    const sink = await log.openSink({ transactionalId: 'task' });
    sink.begin();
    sink.send([output('never')]);
    await rejectsWith('LOG_STALE_MEMBER', () => sink.commit([{ ...first, nextOffset: 1n }], stale));
    await sink.abort();
    sink.begin();
    sink.send([output('kept')]);
    await sink.commit([{ ...first, nextOffset: 2n }], source.membership());
    assert.deepEqual(await readTexts(log, first), ['kept']);
    assert.equal((await log.committed('group', [first]))[0]?.nextOffset, 2n);
  });

  test(`${name}: a member commits no position of a partition that another member holds`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 2 }]);
    const one = await joinGroup(log, 'a');
    const two = await joinGroup(log, 'b');
    await settle(one, two);
    const foreign = two.source.assignment().map((at) => ({ ...at, nextOffset: 1n }));
    assert.equal(foreign.length, 1);
    const sink = await log.openSink({ transactionalId: 'task' });
    sink.begin();
    await rejectsWith('LOG_STALE_MEMBER', () => sink.commit(foreign, one.source.membership()));
    await rejectsWith('LOG_STALE_MEMBER', () => one.source.commitOffsets(foreign));
    assert.equal((await log.committed('group', foreign))[0]?.nextOffset, undefined);
  });

  test(`${name}: a record above the limit is not part of the transaction, the others are`, async (t) => {
    const { log, maxRecordBytes } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    const sink = await log.openSink({ transactionalId: 'task' });
    sink.begin();
    sink.send([output('a')]);
    await rejectsWith('LOG_RECORD_TOO_LARGE', () => sink.send([output('x'.repeat(maxRecordBytes + 1))]));
    sink.send([output('b')]);
    await sink.commit([], undefined);
    assert.deepEqual(await readTexts(log, first), ['a', 'b']);
  });

  test(`${name}: an unknown outcome is settled by a new owner, and the committed position tells which it was (K8)`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    const { source } = await joinGroup(log, 'a');
    await source.poll(now);
    const faults = new Faults();
    const faulty = createFaultyLog(log, faults);
    const attempt = async (point: 'commit:before' | 'commit:after', nextOffset: bigint): Promise<string | undefined> => {
      faults.failAt(point);
      const sink = await faulty.openSink({ transactionalId: 'task' });
      sink.begin();
      sink.send([output(point)]);
      const metadata = `commit ${nextOffset}`;
      await rejectsWith('LOG_UNKNOWN_OUTCOME', () => sink.commit([{ ...first, nextOffset, metadata }], source.membership()));
      await faulty.openSink({ transactionalId: 'task' });
      return (await log.committed('group', [first]))[0]?.metadata;
    };
    assert.equal(await attempt('commit:after', 1n), 'commit 1');
    assert.equal(await attempt('commit:before', 2n), 'commit 1');
    assert.deepEqual(await readTexts(log, first), ['commit:after']);
    assert.equal(faults.pendingCount, 0);
  });

  test(`${name}: interleaved transactions of which one aborts: only the other is read`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    const good = await log.openSink({ transactionalId: 'good' });
    const bad = await log.openSink({ transactionalId: 'bad' });
    for (let round = 0; round < 3; round++) {
      good.begin();
      bad.begin();
      bad.send([output('never')]);
      good.send([output(`kept ${round}`)]);
      bad.send([output('never')]);
      if (round % 2 === 0) {
        await bad.abort();
        good.send([output(`late ${round}`)]);
        await good.commit([], undefined);
      } else {
        await good.commit([], undefined);
        bad.send([output('never')]);
        await bad.abort();
      }
    }
    assert.deepEqual(await readTexts(log, first), ['kept 0', 'late 0', 'kept 1', 'kept 2', 'late 2']);
  });

  test(`${name}: a reader that starts inside an aborted transaction sees none of it`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    await produce(log, [output('a')]);
    const sink = await log.openSink({ transactionalId: 'task' });
    sink.begin();
    sink.send([output('never 1'), output('never 2'), output('never 3')]);
    await sink.abort();
    await produce(log, [output('b')]);
    const [range] = await log.offsets([first], 'read_committed');
    for (let fromOffset = 1n; fromOffset < (range?.nextOffset ?? 0n); fromOffset++) {
      const seen = (await readAll(log, first, { fromOffset })).map(text);
      assert.ok(!seen.some((value) => value?.startsWith('never')), `from ${fromOffset}: ${seen.join()}`);
    }
  });

  test(`${name}: user keys that look like a transaction marker are ordinary records`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    const sink = await log.openSink({ transactionalId: 'task' });
    sink.begin();
    const keys = [Buffer.alloc(8), Buffer.alloc(4), Buffer.of(0, 0, 0, 1), Buffer.from('00000000')];
    sink.send(keys.map((key, index) => ({ ...first, key, value: Buffer.from(`${index}`), timestampMs: 1 })));
    await sink.commit([], undefined);
    await produce(log, [output('after')]);
    assert.deepEqual(await readTexts(log, first), ['0', '1', '2', '3', 'after']);
  });

  test(`${name}: a sink that was closed lets go of its open transaction`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    const sink = await log.openSink({ transactionalId: 'task' });
    sink.begin();
    sink.send([output('never')]);
    await sink.close();
    await produce(log, [output('after')]);
    assert.deepEqual(await readTexts(log, first), ['after']);
    await rejectsWith('LOG_CLOSED', () => sink.begin());
  });
}
