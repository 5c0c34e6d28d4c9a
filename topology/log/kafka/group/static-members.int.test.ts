import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { GroupedSource, Log } from '../../log.ts';
import { createKafkaLog } from '../kafka-log.ts';
import { findTestBroker } from '../test-support/test-broker.ts';

const broker = await findTestBroker(process.env['STEPWRIGHT_TEST_KAFKA']);
const skip = 'skipReason' in broker ? broker.skipReason : false;
const address = 'address' in broker ? broker.address : '';
/** Far beyond what the tests wait: nobody gets anything because a session has ended. */
const sessionTimeoutMs = 60_000;
const withinMs = 20_000;

function openLog(t: TestContext): Log {
  const log = createKafkaLog({ brokers: [address], heartbeatMs: 50, sessionTimeoutMs });
  t.after(() => log.close());
  return log;
}

interface Place {
  readonly groupId: string;
  readonly topics: readonly string[];
}

async function createPlace(log: Log): Promise<Place> {
  const word = randomBytes(6).toString('hex');
  const topics = [`one.${word}`, `two.${word}`];
  await log.createTopics(topics.map((name) => ({ name, partitionCount: 2 })));
  return { groupId: `group.${word}`, topics };
}

async function join(log: Log, memberId: string, { groupId, topics }: Place): Promise<GroupedSource> {
  const none = async (): Promise<void> => {};
  return log.openSource({ groupId, memberId, topics, offsetReset: 'earliest', onRevoked: none, onAssigned: none });
}

async function pollUntilHeld(source: GroupedSource, partitionCount: number): Promise<void> {
  const endsAtMs = performance.now() + withinMs;
  while (source.assignment().length !== partitionCount && performance.now() < endsAtMs) await source.poll({ maxWaitMs: 50 });
  assert.equal(source.assignment().length, partitionCount);
}

test('who was killed and comes back under its name has its partitions long before its session ends', { skip }, async (t) => {
  const [log, next] = [openLog(t), openLog(t)];
  const place = await createPlace(log);
  // It sends heartbeats until the other comes, and is told nothing: as good as dead.
  await pollUntilHeld(await join(log, 'a', place), 4);
  await pollUntilHeld(await join(next, 'a', place), 4);
});

test('who comes back under its name with a topic more gets that too: the group hears what it brings', { skip }, async (t) => {
  const [log, next] = [openLog(t), openLog(t)];
  const place = await createPlace(log);
  await pollUntilHeld(await join(log, 'a', { ...place, topics: place.topics.slice(0, 1) }), 2);
  await pollUntilHeld(await join(next, 'a', place), 4);
});
