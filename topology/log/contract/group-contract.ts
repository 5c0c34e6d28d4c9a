import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Assignor, TopicPartition } from '../log.ts';
import type { OpenLogUnderTest } from './contract-kit.ts';
import {
  first,
  joinGroup,
  now,
  output,
  partitionNumbers,
  produce,
  rejectsWith,
  second,
  settle,
  sorted,
  texts,
  turn,
  untilWoken,
} from './contract-kit.ts';

export function testGroups(name: string, open: OpenLogUnderTest): void {
  test(`${name}: the only member gets every partition and begins where it is told`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 2 }]);
    await produce(log, [output('old')]);
    const earliest = await joinGroup(log, 'a', { groupId: 'earliest' });
    const latest = await joinGroup(log, 'a', { groupId: 'latest', offsetReset: 'latest' });
    assert.deepEqual(texts(await earliest.source.poll(now)), ['old']);
    assert.deepEqual(texts(await latest.source.poll(now)), []);
    await produce(log, [output('new', { partition: 1 })]);
    assert.deepEqual(texts(await latest.source.poll(now)), ['new']);
    assert.deepEqual(partitionNumbers(earliest.source), [0, 1]);
    assert.equal(earliest.assignments.length, 1);
    assert.deepEqual(earliest.assignments[0]?.added, earliest.assignments[0]?.all);
  });

  test(`${name}: two members share the partitions, each partition read by one`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 4 }]);
    const one = await joinGroup(log, 'a');
    const two = await joinGroup(log, 'b');
    await settle(one, two);
    assert.deepEqual(new Set([...partitionNumbers(one.source), ...partitionNumbers(two.source)]), new Set([0, 1, 2, 3]));
    assert.equal(partitionNumbers(two.source).length, 2);
    assert.equal(partitionNumbers(one.source).length, 2);
    await produce(
      log,
      [0, 1, 2, 3].map((partition) => output(`${partition}`, { partition })),
    );
    const read = [...texts(await one.source.poll(now)), ...texts(await two.source.poll(now))];
    assert.deepEqual(sorted(read), ['0', '1', '2', '3']);
  });

  test(`${name}: partitions of equal number of several topics go to the same member`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([
      { name: 'events', partitionCount: 3 },
      { name: 'answers', partitionCount: 3 },
    ]);
    const one = await joinGroup(log, 'a', { topics: ['events', 'answers'] });
    const two = await joinGroup(log, 'b', { topics: ['events', 'answers'] });
    await settle(one, two);
    for (const { source } of [one, two]) {
      const byTopic = (topic: string): readonly number[] => source.assignment().flatMap((at) => (at.topic === topic ? [at.partition] : []));
      assert.deepEqual(byTopic('events'), byTopic('answers'));
    }
    assert.equal(one.source.assignment().length + two.source.assignment().length, 6);
  });

  test(`${name}: a partition goes to another member only after onRevoked of the first has resolved, and its commit counts`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    await produce(log, [output('done'), output('todo')]);
    const handOver = deferred();
    const one = await joinGroup(log, 'a', {
      assignor: toLast,
      onRevoked: async (partitions) => {
        await handOver.promise;
        await one.source.commitOffsets(partitions.map((at) => ({ ...at, nextOffset: 1n, metadata: 'handed over' })));
      },
    });
    await one.source.poll(now);
    const two = await joinGroup(log, 'b', { assignor: toLast });
    const leaving = one.source.poll(now);
    await turn();
    assert.deepEqual(texts(await two.source.poll(now)), []);
    assert.deepEqual(two.source.assignment(), []);
    handOver.resolve();
    assert.deepEqual(texts(await leaving), []);
    assert.deepEqual(texts(await two.source.poll(now)), ['todo']);
    assert.deepEqual(partitionNumbers(two.source), [0]);
    assert.equal((await log.committed('group', [first]))[0]?.metadata, 'handed over');
  });

  test(`${name}: a waiting member is woken by a rebalance`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 2 }]);
    const one = await joinGroup(log, 'a');
    await one.source.poll(now);
    const waiting = one.source.poll(untilWoken);
    await turn();
    await joinGroup(log, 'b');
    await waiting;
    assert.equal(partitionNumbers(one.source).length, 1);
    assert.equal(one.revoked.length, 1);
  });

  test(`${name}: partitions of a member that leaves go to the others`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 2 }]);
    const one = await joinGroup(log, 'a');
    const two = await joinGroup(log, 'b');
    await settle(one, two);
    await one.source.close();
    await settle(two);
    assert.deepEqual(partitionNumbers(two.source), [0, 1]);
    await rejectsWith('LOG_CLOSED', () => one.source.poll(now));
  });

  test(`${name}: user data goes from every member to the assignor, and the assignor's back to each`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 2 }]);
    const seen: string[][] = [];
    const assignor: Assignor = (members) => {
      seen.push(members.map((member) => `${member.memberId}=${member.userData.toString()}`).sort());
      return new Map(
        members.map(({ memberId }, index) => [
          memberId,
          { partitions: [{ topic: 'events', partition: index }], userData: Buffer.from(`for ${memberId}`) },
        ]),
      );
    };
    let lag = 5;
    const one = await joinGroup(log, 'a', { assignor, userData: () => Buffer.from(`lag ${lag}`) });
    const two = await joinGroup(log, 'b', { assignor, userData: () => Buffer.from('lag 0') });
    await settle(one, two);
    assert.deepEqual(seen.at(-1), ['a=lag 5', 'b=lag 0']);
    assert.equal(one.assignments.at(-1)?.userData.toString(), 'for a');
    assert.equal(two.assignments.at(-1)?.userData.toString(), 'for b');
    lag = 1;
    const generation = one.source.membership().generation;
    one.source.requestRebalance();
    await settle(one, two);
    assert.deepEqual(seen.at(-1), ['a=lag 1', 'b=lag 0']);
    assert.ok(one.source.membership().generation > generation);
    assert.equal(one.source.membership().generation, two.source.membership().generation);
  });

  test(`${name}: an evicted member commits nothing, is told what it lost, and joins anew`, async (t) => {
    const { log, evictMember } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    const one = await joinGroup(log, 'a');
    await one.source.poll(now);
    const stale = one.source.membership();
    await evictMember('group', 'a');
    const two = await joinGroup(log, 'b');
    await settle(two);
    await rejectsWith('LOG_STALE_MEMBER', () => one.source.commitOffsets([{ ...first, nextOffset: 1n }]));
    const sink = await log.openSink({ transactionalId: 'task' });
    sink.begin();
    await rejectsWith('LOG_STALE_MEMBER', () => sink.commit([{ ...first, nextOffset: 1n }], stale));
    await one.source.poll(now);
    assert.deepEqual(one.lost, [[first]]);
    assert.deepEqual(one.revoked, []);
    await settle(one, two);
    assert.equal(one.source.assignment().length + two.source.assignment().length, 1);
  });

  test(`${name}: a second source under the same member id takes over, the first stops`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    const old = await joinGroup(log, 'a');
    await old.source.poll(now);
    const young = await joinGroup(log, 'a');
    await young.source.poll(now);
    assert.deepEqual(partitionNumbers(young.source), [0]);
    await rejectsWith('LOG_STALE_MEMBER', () => old.source.commitOffsets([{ ...first, nextOffset: 1n }]));
    await rejectsWith('LOG_STALE_MEMBER', () => old.source.poll(now));
    assert.deepEqual(old.lost, [[first]]);
    await young.source.commitOffsets([{ ...first, nextOffset: 3n }]);
  });

  test(`${name}: positions committed without a transaction are where the next member begins`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    await produce(log, [output('a'), output('b')]);
    const one = await joinGroup(log, 'a');
    const [batch] = await one.source.poll(now);
    assert.deepEqual(batch?.records.length, 2);
    await one.source.commitOffsets([{ ...first, nextOffset: batch?.records[1]?.offset ?? -1n, metadata: 'one done' }]);
    await one.source.close();
    const two = await joinGroup(log, 'b');
    assert.deepEqual(texts(await two.source.poll(now)), ['b']);
    assert.deepEqual(await log.listGroups(), ['group']);
  });

  test(`${name}: a group is told with its members, what each holds, and what the assignor wrote for it`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 2 }]);
    assert.deepEqual(await log.describeGroup('group'), { state: 'empty', members: [] });
    const { source } = await joinGroup(log, 'a');
    await source.poll(now);
    const { state, members } = await log.describeGroup('group');
    assert.equal(state, 'stable');
    assert.deepEqual(
      members.map(({ memberId, partitions }) => [memberId, partitions.map(({ topic, partition }) => `${topic}/${partition}`).sort()]),
      [['a', ['events/0', 'events/1']]],
    );
    await source.close();
    assert.deepEqual((await log.describeGroup('group')).members, []);
  });

  test(`${name}: a paused partition is not read, others are, and it goes on where it stopped`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 2 }]);
    const { source } = await joinGroup(log, 'a');
    await source.poll(now);
    source.pause([first]);
    await produce(log, [output('paused'), output('read', { partition: 1 })]);
    assert.deepEqual(texts(await source.poll(now)), ['read']);
    assert.deepEqual(texts(await source.poll(now)), []);
    const waiting = source.poll(untilWoken);
    await turn();
    source.resume([first]);
    assert.deepEqual(texts(await waiting), ['paused']);
  });

  test(`${name}: a seek rewinds one partition`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 2 }]);
    await produce(log, [output('a'), output('b'), output('c', { partition: 1 })]);
    const { source } = await joinGroup(log, 'a');
    const batches = await source.poll(now);
    assert.deepEqual(sorted(texts(batches)), ['a', 'b', 'c']);
    const offset = batches.find((batch) => batch.partition === 0)?.records[1]?.offset ?? -1n;
    source.seek({ ...first, nextOffset: offset });
    assert.deepEqual(texts(await source.poll(now)), ['b']);
  });

  test(`${name}: pause and seek of a partition that the member does not hold are refused`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    const { source } = await joinGroup(log, 'a');
    await rejectsWith('LOG_STALE_MEMBER', () => source.pause([first]));
    await source.poll(now);
    source.pause([first]);
    await rejectsWith('LOG_STALE_MEMBER', () => source.seek({ ...second, nextOffset: 0n }));
  });

  test(`${name}: a seek inside onAssigned decides where reading begins`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    await produce(log, [output('a'), output('b')]);
    const member = await joinGroup(log, 'a', { onAssigned: async () => member.source.seek({ ...first, nextOffset: 1n }) });
    assert.deepEqual(texts(await member.source.poll(now)), ['b']);
  });

  test(`${name}: a committed position whose records were deleted is reported, not skipped`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    await produce(log, [output('a'), output('b'), output('c')]);
    const one = await joinGroup(log, 'a');
    await one.source.poll(now);
    await one.source.commitOffsets([{ ...first, nextOffset: 1n }]);
    await one.source.close();
    await log.deleteRecords([{ ...first, nextOffset: 2n }]);
    const two = await joinGroup(log, 'b');
    await rejectsWith('LOG_OFFSET_OUT_OF_RANGE', () => two.source.poll(now));
    two.source.seek({ ...first, nextOffset: 2n });
    assert.deepEqual(texts(await two.source.poll(now)), ['c']);
  });

  test(`${name}: a commit that an eviction overtakes is either refused or stands, and the answer says which`, async (t) => {
    const { log, evictMember } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 1 }]);
    const { source } = await joinGroup(log, 'a');
    await source.poll(now);
    const committing = source.commitOffsets([{ ...first, nextOffset: 5n }]);
    const [outcome] = await Promise.allSettled([committing, evictMember('group', 'a')]);
    assert.equal((await log.committed('group', [first]))[0]?.nextOffset, outcome.status === 'fulfilled' ? 5n : undefined);
  });

  test(`${name}: groups do not share positions`, async (t) => {
    const { log } = await open(t);
    await log.createTopics([{ name: 'events', partitionCount: 2 }]);
    const one = await joinGroup(log, 'a', { groupId: 'one' });
    await one.source.poll(now);
    await one.source.commitOffsets([{ ...second, nextOffset: 4n }]);
    assert.equal((await log.committed('one', [second]))[0]?.nextOffset, 4n);
    assert.equal((await log.committed('two', [second]))[0]?.nextOffset, undefined);
  });
}

/** Gives everything to the member with the greatest id. */
const toLast: Assignor = (members, partitionCounts) => {
  const last = members
    .map(({ memberId }) => memberId)
    .sort()
    .at(-1);
  const all: TopicPartition[] = [...partitionCounts].flatMap(([topic, count]) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })),
  );
  return new Map(members.map(({ memberId }) => [memberId, { partitions: memberId === last ? all : [], userData: Buffer.alloc(0) }]));
};

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
