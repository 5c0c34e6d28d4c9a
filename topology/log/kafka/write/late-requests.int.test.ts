/**
 * K2, K8: what a request that was sent twice does when its first copy reaches the broker later, in the next transaction of the same producer. Each test
 * names one request; a proxy keeps the first copy back until the next transaction is half way.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { output, readAll, text } from '../../contract/contract-kit.ts';
import { KafkaClient } from '../client/kafka-client.ts';
import { KafkaSource } from '../group/kafka-source.ts';
import { createKafkaLog } from '../kafka-log.ts';
import { kafkaSettings } from '../kafka-options.ts';
import type { KafkaProxy } from '../test-support/kafka-proxy.ts';
import { startKafkaProxy } from '../test-support/kafka-proxy.ts';
import { settled } from '../test-support/kafka-under-test.ts';
import { findTestBroker } from '../test-support/test-broker.ts';
import type { TransactionVersion } from '../requests/transaction-requests.ts';
import { apiKeys } from '../wire/kafka-request.ts';
import { TransactionWriter } from './transaction-writer.ts';

const broker = await findTestBroker(process.env['STEPWRIGHT_TEST_KAFKA']);
const skip = 'skipReason' in broker ? broker.skipReason : false;
const address = 'address' in broker ? broker.address : '';
const lateByMs = 600;
/** How long a lost answer is waited for. */
const requestTimeoutMs = 2_000;

/** A proxy, and names of one test's own. */
async function setUp(t: TestContext, transactionVersion: TransactionVersion) {
  const name = randomBytes(6).toString('hex');
  const proxy = await startKafkaProxy(address);
  const options = { brokers: [proxy.address], heartbeatMs: 50, requestTimeoutMs, sendAheadBytes: 0, transactionVersion };
  const log = createKafkaLog(options);
  const client = new KafkaClient(kafkaSettings(options));
  t.after(async () => {
    await log.close();
    await client.close();
    await proxy.close();
  });
  const at = { topic: `late.${name}`, partition: 0 };
  await log.createTopics([{ name: at.topic, partitionCount: 1 }]);
  return { proxy, log, client, at, groupId: `group.${name}`, transactionalId: `task.${name}` };
}

/** The next request of this API reaches the broker late; the client has asked again by then. */
function delayNext(proxy: KafkaProxy, api: keyof typeof apiKeys): void {
  let isOver = false;
  proxy.lateByMs = lateByMs;
  proxy.judge = ({ apiKey }) => {
    if (isOver || apiKey !== apiKeys[api]) return undefined;
    isOver = true;
    return 'late';
  };
}

for (const version of [1, 2] as const)
  test(`K8 a late EndTxn does not end the next transaction, version ${version}`, { skip }, async (t) => {
    const { proxy, log, client, at, transactionalId } = await setUp(t, version);
    const sink = await log.openSink({ transactionalId });
    delayNext(proxy, 'EndTxn');
    for (const value of ['first', 'second']) {
      sink.begin();
      sink.send([output(value, at)]);
      if (value === 'first') await sink.commit([], undefined);
    }
    // The second record was sent ahead: the broker has it, in an open transaction, when the late request comes.
    await delay(lateByMs * 1.5);
    assert.deepEqual((await readAll(log, at)).map(text), ['first']);
    await sink.abort();
    await settled(client, transactionalId);
    assert.deepEqual((await readAll(log, at)).map(text), ['first']);
  });

for (const version of [1, 2] as const)
  test(`K8 an EndTxn whose answer is lost is asked again, and the next transaction goes on, version ${version}`, { skip }, async (t) => {
    const { proxy, log, client, at, transactionalId } = await setUp(t, version);
    const sink = await log.openSink({ transactionalId });
    let lostCount = 0;
    proxy.judge = ({ apiKey }) => (apiKey === apiKeys.EndTxn && lostCount++ % 2 === 0 ? 'lose-answer' : undefined);
    for (const value of ['first', 'second', 'third']) {
      sink.begin();
      sink.send([output(value, at)]);
      await sink.commit([], undefined);
    }
    assert.equal(lostCount, 6);
    await settled(client, transactionalId);
    assert.deepEqual((await readAll(log, at)).map(text), ['first', 'second', 'third']);
  });

for (const version of [1, 2] as const)
  test(`K8 a late TxnOffsetCommit does not put its positions into the next transaction, version ${version}`, { skip }, async (t) => {
    const { proxy, log, client, at, groupId, transactionalId } = await setUp(t, version);
    const none = async (): Promise<void> => {};
    const options = { groupId, memberId: 'a', topics: [at.topic], offsetReset: 'earliest', onRevoked: none, onAssigned: none } as const;
    const source = new KafkaSource(client, options, () => {});
    t.after(() => source.close());
    while (source.assignment().length === 0) await source.poll({ maxWaitMs: 100 });
    const member = source.committingMember(source.membership(), [at]);
    const writer = await TransactionWriter.open(client, transactionalId, 10_000);
    delayNext(proxy, 'TxnOffsetCommit');
    await writer.commitOffsets(member, [{ ...at, nextOffset: 1n, metadata: 'first' }]);
    await writer.end(true);
    await writer.commitOffsets(member, [{ ...at, nextOffset: 2n, metadata: 'second' }]);
    await delay(lateByMs * 1.5);
    await writer.end(true);
    assert.deepEqual(await log.committed(groupId, [at]), [{ ...at, nextOffset: 2n, metadata: 'second' }]);
  });
