import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { drain, output, readAll, rejectsWith, text } from '../contract/contract-kit.ts';
import type { Log, TopicPartition } from '../log.ts';
import { KafkaClient } from './client/kafka-client.ts';
import { KafkaSource } from './group/kafka-source.ts';
import { BrokerError } from './kafka-errors.ts';
import { createKafkaLog } from './kafka-log.ts';
import type { KafkaLogOptions } from './kafka-options.ts';
import { kafkaSettings } from './kafka-options.ts';
import { createTopicsRequest } from './requests/topic-requests.ts';
import { consumeWithJava, javaToolsSkip } from './test-support/java-tools.ts';
import { settled } from './test-support/kafka-under-test.ts';
import { findTestBroker, ownBrokerSkip, startOwnBroker } from './test-support/test-broker.ts';
import { TransactionWriter } from './write/transaction-writer.ts';

const broker = await findTestBroker(process.env['STEPWRIGHT_TEST_KAFKA']);
const skip = 'skipReason' in broker ? broker.skipReason : false;
const address = 'address' in broker ? broker.address : '';

function openLog(t: TestContext, options: Partial<KafkaLogOptions> = {}): Log {
  const log = createKafkaLog({ brokers: [address], heartbeatMs: 50, ...options });
  t.after(() => log.close());
  return log;
}

function openClient(t: TestContext, brokers: readonly string[] = [address]): KafkaClient {
  const client = new KafkaClient(kafkaSettings({ brokers, heartbeatMs: 50 }));
  t.after(() => client.close());
  return client;
}

function fresh(word: string): string {
  return `${word}.${randomBytes(6).toString('hex')}`;
}

async function createTopic(log: Log): Promise<TopicPartition> {
  const topic = fresh('topic');
  await log.createTopics([{ name: topic, partitionCount: 1 }]);
  return { topic, partition: 0 };
}

test('an owner in another process is fenced at its next request (K7)', { skip }, async (t) => {
  const at = await createTopic(openLog(t));
  const transactionalId = fresh('task');
  for (const sendAheadBytes of [0, 1_000_000]) {
    const old = await openLog(t, { sendAheadBytes }).openSink({ transactionalId });
    old.begin();
    old.send([output('zombie', at)]);
    const log = openLog(t);
    const young = await log.openSink({ transactionalId });
    await rejectsWith('LOG_FENCED', () => old.commit([], undefined));
    await rejectsWith('LOG_FENCED', () => old.begin());
    young.begin();
    young.send([output(`owner ${sendAheadBytes}`, at)]);
    await young.commit([], undefined);
    await settled(openClient(t), transactionalId);
  }
  assert.deepEqual((await readAll(openLog(t), at)).map(text), ['owner 0', 'owner 1000000']);
});

test('the broker itself refuses positions under an old generation or an unknown member', { skip }, async (t) => {
  const log = openLog(t);
  const at = await createTopic(log);
  const client = openClient(t);
  const none = async (): Promise<void> => {};
  const options = {
    groupId: fresh('group'),
    memberId: 'a',
    topics: [at.topic],
    offsetReset: 'earliest',
    onRevoked: none,
    onAssigned: none,
  } as const;
  const source = new KafkaSource(client, options, () => {});
  t.after(() => source.close());
  while (source.assignment().length === 0) await source.poll({ maxWaitMs: 100 });
  const member = source.committingMember(source.membership(), [at]);
  const writer = await TransactionWriter.open(client, fresh('task'), 10_000);
  const offsets = [{ ...at, nextOffset: 1n, metadata: 'mine' }];
  const isStale = (error: unknown): boolean => error instanceof BrokerError && error.kind === 'stale';
  await assert.rejects(writer.commitOffsets({ ...member, generation: member.generation - 1 }, offsets), isStale);
  await writer.end(false);
  await assert.rejects(writer.commitOffsets({ ...member, memberId: 'nobody', instanceId: null }, offsets), isStale);
  await writer.end(false);
  await writer.commitOffsets(member, offsets);
  await writer.end(true);
  assert.deepEqual(await log.committed(options.groupId, [at]), offsets);
});

test(
  'a commit that the broker does not answer has an unknown outcome, and a new owner finds out which (K8)',
  { skip: ownBrokerSkip() },
  async (t) => {
    const own = await startOwnBroker();
    const brokers = [own.address];
    const log = openLog(t, { brokers });
    const at = await createTopic(log);
    const [groupId, transactionalId] = [fresh('group'), fresh('task')];
    const none = async (): Promise<void> => {};
    // Its own log gives up soon; the member lives through the pause.
    const impatient = openLog(t, { brokers, requestTimeoutMs: 1_000, retryWithinMs: 3_000 });
    const options = { groupId, memberId: 'a', topics: [at.topic], offsetReset: 'earliest', onRevoked: none, onAssigned: none } as const;
    const source = await impatient.openSource(options);
    while (source.assignment().length === 0) await source.poll({ maxWaitMs: 100 });
    const sink = await impatient.openSink({ transactionalId });
    const commit = async (round: number): Promise<void> => {
      sink.begin();
      sink.send([output(`round ${round}`, at)]);
      await sink.commit([{ ...at, nextOffset: BigInt(round), metadata: `commit ${round}` }], source.membership());
    };
    await commit(1);
    process.kill(own.pid(), 'SIGSTOP');
    try {
      await rejectsWith('LOG_UNKNOWN_OUTCOME', () => commit(2));
      await rejectsWith('LOG_UNKNOWN_OUTCOME', () => sink.begin());
    } finally {
      process.kill(own.pid(), 'SIGCONT');
    }
    await log.openSink({ transactionalId });
    const [position] = await log.committed(groupId, [at]);
    await settled(openClient(t, brokers), transactionalId);
    const values = (await readAll(log, at)).map(text);
    assert.deepEqual(values, position?.metadata === 'commit 2' ? ['round 1', 'round 2'] : ['round 1']);
    assert.ok(['commit 1', 'commit 2'].includes(position?.metadata ?? ''));
  },
);

test('a transaction larger than a batch, and a request, is whole', { skip }, async (t) => {
  const log = openLog(t);
  const at = await createTopic(log);
  const transactionalId = fresh('task');
  const sink = await log.openSink({ transactionalId });
  sink.begin();
  for (let index = 0; index < 40; index++) sink.send([output(`${index}`.padEnd(100_000), at)]);
  await sink.commit([], undefined);
  await settled(openClient(t), transactionalId);
  const values = (await readAll(log, at)).map((record) => text(record)?.trim());
  assert.deepEqual(
    values,
    Array.from({ length: 40 }, (_, index) => `${index}`),
  );
});

test('a reader passes the gaps that compaction leaves', { skip }, async (t) => {
  const log = openLog(t);
  const client = openClient(t);
  const at = { topic: fresh('compacted'), partition: 0 };
  const configs = new Map([
    ['cleanup.policy', 'compact'],
    ['segment.ms', '100'],
    ['min.cleanable.dirty.ratio', '0.01'],
  ]);
  await client.connection.sendToAny(createTopicsRequest([{ name: at.topic, partitionCount: 1, replicationFactor: 1, configs }], 10_000));
  const producer = await log.openProducer();
  for (let index = 0; index < 50; index++)
    await producer.send([output(`v${index}`, { ...at, key: `k${index % 5}`, timestampMs: Date.now() })]);
  const reader = await log.openReader({ from: [{ ...at, nextOffset: 7n }] });
  // A segment ends when a record is so much later than its first, and the newest one is never compacted: so each look adds a record.
  const first = async (): Promise<bigint> => (await readAll(log, at))[0]?.offset ?? -1n;
  const startedAtMs = performance.now();
  for (let round = 0; (await first()) < 45n && performance.now() - startedAtMs < 40_000; round++) {
    await delay(250);
    await producer.send([output(`tick ${round}`, { ...at, key: 'tick', timestampMs: Date.now() })]);
  }
  const kept = (await drain(reader, at)).filter((record) => record.key?.toString() !== 'tick');
  assert.deepEqual(
    kept.map((record) => [record.key?.toString(), text(record)]),
    [0, 1, 2, 3, 4].map((index) => [`k${index}`, `v${45 + index}`]),
  );
});

const javaSkip = skip === false ? javaToolsSkip() : skip;

test("Java's consumer sees the same committed records, with keys and headers", { skip: javaSkip }, async (t) => {
  const log = openLog(t, { sendAheadBytes: 0 });
  const at = await createTopic(log);
  const transactionalId = fresh('task');
  const sink = await log.openSink({ transactionalId });
  for (const [index, ends] of (['commit', 'abort', 'commit'] as const).entries()) {
    sink.begin();
    sink.send([{ ...output(`${ends} ${index}`, { ...at, key: `k${index}` }), headers: [['trace', Buffer.from(`t${index}`)]] }]);
    await (ends === 'commit' ? sink.commit([], undefined) : sink.abort());
  }
  await settled(openClient(t), transactionalId);
  const seen = await consumeWithJava(address, at.topic, { count: 3, format: ['print.key=true', 'print.headers=true'] });
  assert.deepEqual(seen, ['trace:t0\tk0\tcommit 0', 'trace:t2\tk2\tcommit 2']);
  assert.deepEqual((await readAll(log, at)).map(text), ['commit 0', 'commit 2']);
});
