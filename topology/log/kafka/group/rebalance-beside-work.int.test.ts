import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Assignor, OutputRecord, SourceOptions } from '../../log.ts';
import { KafkaClient } from '../client/kafka-client.ts';
import { createKafkaLog } from '../kafka-log.ts';
import { kafkaSettings } from '../kafka-options.ts';
import { offsetCommitRequest } from '../requests/offset-requests.ts';
import type { CommittingMember } from '../requests/transaction-requests.ts';
import { findTestBroker } from '../test-support/test-broker.ts';
import { KafkaSource } from './kafka-source.ts';

const broker = await findTestBroker(process.env['STEPWRIGHT_TEST_KAFKA']);
const skip = 'skipReason' in broker ? broker.skipReason : false;
const address = 'address' in broker ? broker.address : '';
const withinMs = 20_000;
const none = async (): Promise<void> => {};

/** Partition 0 stays with `a`, partition 1 goes to the last member. */
const parting =
  (topic: string): Assignor =>
  (members) => {
    const lastId = members
      .map(({ memberId }) => memberId)
      .toSorted()
      .at(-1);
    const shareOf = (memberId: string) => [...(memberId === 'a' ? [0] : []), ...(memberId === lastId ? [1] : [])];
    return new Map(
      members.map(({ memberId }) => [
        memberId,
        { partitions: shareOf(memberId).map((partition) => ({ topic, partition })), userData: Buffer.alloc(0) },
      ]),
    );
  };

async function createPlace(t: TestContext) {
  const options = { brokers: [address], heartbeatMs: 50 };
  const log = createKafkaLog(options);
  const client = new KafkaClient(kafkaSettings(options));
  const word = randomBytes(6).toString('hex');
  const topic = `events.${word}`;
  await log.createTopics([{ name: topic, partitionCount: 2 }]);
  const open = (memberId: string, more: Partial<SourceOptions> = {}): KafkaSource => {
    const asked = { groupId: `group.${word}`, memberId, topics: [topic], offsetReset: 'earliest' } as const;
    const source = new KafkaSource(client, { ...asked, assignor: parting(topic), onRevoked: none, onAssigned: none, ...more }, () => {});
    t.after(() => source.close());
    return source;
  };
  t.after(async () => {
    await client.close();
    await log.close();
  });
  const produce = async (value: string, partition: number): Promise<void> => {
    const producer = await log.openProducer();
    const record: OutputRecord = { topic, partition, key: null, value: Buffer.from(value), timestampMs: 1 };
    await producer.send([record]);
    await producer.close();
  };
  return { log, client, topic, open, produce };
}

async function pollUntil<T>(source: KafkaSource, find: (values: readonly string[]) => T | undefined): Promise<T> {
  const values: string[] = [];
  const endsAtMs = performance.now() + withinMs;
  while (performance.now() < endsAtMs) {
    for (const { records } of await source.poll({ maxWaitMs: 50 })) values.push(...records.map(({ value }) => String(value)));
    const found = find(values);
    if (found !== undefined) return found;
  }
  return assert.fail(`not within ${withinMs} ms; read ${JSON.stringify(values)}`);
}

test('what stays is read while what goes is being handed over, and what goes is not', { skip }, async (t) => {
  const { open, produce } = await createPlace(t);
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  let isHandingOver = false;
  const staying = open('a', {
    onRevoked: () => {
      isHandingOver = true;
      return released;
    },
  });
  await pollUntil(staying, () => (staying.assignment().length === 2 ? true : undefined));
  const joining = open('b');
  const read = pollUntil(joining, (values) => values[0]);
  await pollUntil(staying, () => (isHandingOver ? true : undefined));
  await produce('goes', 1);
  await produce('stays', 0);
  assert.deepEqual(await pollUntil(staying, (values) => (values.includes('stays') ? values : undefined)), ['stays']);
  assert.equal(joining.assignment().length, 0);
  assert.equal(staying.assignment().length, 2);
  release();
  const [first] = await Promise.all([read, pollUntil(staying, () => (staying.assignment().length === 1 ? true : undefined))]);
  assert.equal(first, 'goes');
});

test('a commit that the group overtakes is made under the next generation, for what is still held', { skip }, async (t) => {
  const { log, client, topic, open } = await createPlace(t);
  const source = open('a');
  await pollUntil(source, () => (source.assignment().length === 2 ? true : undefined));
  const resolved = source.committingMember(source.membership(), []);
  const offsets = [{ topic, partition: 0, nextOffset: 7n, metadata: 'kept' }];
  const generations: number[] = [];
  await source.commitAs(resolved, offsets, async (member: CommittingMember) => {
    generations.push(member.generation);
    if (generations.length === 1) {
      source.requestRebalance();
      await pollUntil(source, () => (source.membership().generation > member.generation ? true : undefined));
    }
    await client.coordinated('group', offsetCommitRequest(member, offsets), { id: member.groupId, codeOf: (code) => code });
  });
  assert.deepEqual(new Set(generations), new Set([resolved.generation, source.membership().generation]));
  assert.equal((await log.committed(resolved.groupId, offsets))[0]?.nextOffset, 7n);
});

test(
  'a commit that outlives its membership is refused, even when the member is back and holds the partition again',
  { skip },
  async (t) => {
    const { topic, open } = await createPlace(t);
    const source = open('a');
    await pollUntil(source, () => (source.assignment().length === 2 ? true : undefined));
    const resolved = { ...source.committingMember(source.membership(), []), memberId: 'of-before' };
    const commit = (): Promise<void> => assert.fail('it must not be sent');
    await assert.rejects(source.commitAs(resolved, [{ topic, partition: 0 }], commit), { code: 'LOG_STALE_MEMBER' });
  },
);
