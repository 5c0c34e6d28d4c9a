import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Assignor, TopicPartition } from '../../log.ts';
import type { SubscribedMember } from './cooperative-shares.ts';
import { cooperativeShares } from './cooperative-shares.ts';
import { decodeShare, decodeSubscription, encodeShare, encodeSubscription } from './group-metadata.ts';

const partitions = (...numbers: readonly number[]): TopicPartition[] => numbers.map((partition) => ({ topic: 'events', partition }));

function member(name: string, owned: readonly TopicPartition[] = [], generation = 1): SubscribedMember {
  const subscription = { topics: ['events'], userData: Buffer.from(`from ${name}`), owned, generation, requestCount: 0 };
  return { brokerId: `broker's ${name}`, memberId: name, subscription };
}

function sharesOf(members: readonly SubscribedMember[], assignor?: Assignor): Record<string, readonly number[]> {
  const shares = cooperativeShares(members, new Map([['events', 4]]), assignor);
  return Object.fromEntries(
    shares.map(({ memberId, assignment }) => [memberId, decodeShare(assignment).partitions.map(({ partition }) => partition)]),
  );
}

test('a partition that another member holds is given to nobody until it was given up', () => {
  assert.deepEqual(sharesOf([member('a', partitions(0, 1, 2, 3)), member('b')]), { "broker's a": [0, 2], "broker's b": [] });
  assert.deepEqual(sharesOf([member('a', partitions(0, 2)), member('b')]), { "broker's a": [0, 2], "broker's b": [1, 3] });
});

test('of two that claim a partition, the one that saw the later generation holds it', () => {
  const zombie = member('a', partitions(0, 1, 2, 3), 3);
  const owner = member('b', partitions(0, 1, 2, 3), 5);
  assert.deepEqual(sharesOf([zombie, owner]), { "broker's a": [], "broker's b": [1, 3] });
});

test('the assignor sees our member ids and user data, and its user data comes back', () => {
  const seen: string[] = [];
  const shares = cooperativeShares([member('a'), member('b')], new Map([['events', 2]]), (members) => {
    seen.push(...members.map(({ memberId, userData }) => `${memberId}: ${userData.toString()}`));
    return new Map([['b', { partitions: partitions(0, 1), userData: Buffer.from('for b') }]]);
  });
  assert.deepEqual(seen, ['a: from a', 'b: from b']);
  assert.deepEqual(
    shares.map(({ assignment }) => decodeShare(assignment)),
    [
      { partitions: [], userData: Buffer.alloc(0), bearer: "broker's a" },
      { partitions: partitions(0, 1), userData: Buffer.from('for b'), bearer: "broker's b" },
    ],
  );
});

test('subscriptions and shares are read as they were written', () => {
  const subscription = {
    topics: ['events', 'größe'],
    userData: Buffer.of(0, 255),
    owned: [...partitions(3, 1), { topic: 'größe', partition: 0 }],
    generation: 7,
    requestCount: 2,
  };
  assert.deepEqual(decodeSubscription(encodeSubscription(subscription)), subscription);
  const share = { partitions: partitions(0, 2), userData: Buffer.from('note'), bearer: 'a-1' };
  assert.deepEqual(decodeShare(encodeShare(share)), share);
  assert.deepEqual(decodeShare(Buffer.alloc(0)), { partitions: [], userData: Buffer.alloc(0), bearer: '' });
});

test('a share of a leader that does not say whom it is for is read all the same', () => {
  const bytes = encodeShare({ partitions: partitions(1), userData: Buffer.from('note'), bearer: '' });
  const older = bytes.subarray(0, bytes.length - 2);
  assert.deepEqual(decodeShare(older), { partitions: partitions(1), userData: Buffer.from('note'), bearer: '' });
});

test('another client in the group is a member that holds nothing', () => {
  // ConsumerProtocolSubscription version 1: one topic "t", user data "x", no owned partitions.
  const bytes = Buffer.from([0, 1, 0, 0, 0, 1, 0, 1, 0x74, 0, 0, 0, 1, 0x78, 0, 0, 0, 0]);
  assert.deepEqual(decodeSubscription(bytes), { topics: ['t'], userData: Buffer.from('x'), owned: [], generation: -1, requestCount: 0 });
});
