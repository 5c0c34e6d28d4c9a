/**
 * Brokers that come and go: what the engine makes of a broker that dies under it, and of three brokers whose partitions and coordinators move. Allowed: work
 * done again. Never: a record missing or doubled, a transaction left open, a task or member that does not come back.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createStreamApp } from '../../runtime/stream-app.ts';
import { checkOracle } from '../../testing/oracle/oracle-check.ts';
import { OracleFeeder, OracleProgress, oracleDone } from '../../testing/oracle/oracle-feed.ts';
import type { OracleShape } from '../../testing/oracle/oracle-input.ts';
import { recordCountOf } from '../../testing/oracle/oracle-input.ts';
import { createOracleTopology, deadLetterTopicOf, oracleTopicSpecs } from '../../testing/oracle/oracle-topology.ts';
import { hasCode } from '../../base/errors.ts';
import { output } from '../contract/contract-kit.ts';
import type { Log } from '../log.ts';
import { createKafkaLog } from './kafka-log.ts';
import { ownBrokerSkip, startOwnBroker, startOwnCluster } from './test-support/test-broker.ts';

const skip = ownBrokerSkip();
const cluster = skip === false ? await startOwnCluster() : [];
const shape: OracleShape = { name: 'oracle', keyCount: 500, turnCount: 20, groupCount: 50, partitionCount: 4 };

interface Work {
  readonly log: Log;
  readonly feeder: OracleFeeder;
  readonly progress: OracleProgress;
  finish(): Promise<void>;
}

/** Two members at work in this process; `finish` waits for the end and compares. */
async function startWork(t: TestContext, brokers: readonly string[]): Promise<Work> {
  const log = createKafkaLog({ brokers, retryWithinMs: 120_000 });
  await log.createTopics(oracleTopicSpecs(shape));
  const members = await Promise.all(
    ['a', 'b'].map(async (instanceId) => {
      const memberLog = createKafkaLog({ brokers, sessionTimeoutMs: 6_000, heartbeatMs: 200 });
      const topology = createOracleTopology(shape);
      const app = createStreamApp({ topology, log: memberLog, instanceId, state: 'memory', deadLetterTopic: deadLetterTopicOf(shape) });
      await app.start();
      return { app, close: () => app.close().then(() => memberLog.close()) };
    }),
  );
  const feeder = new OracleFeeder(log, shape);
  const progress = new OracleProgress(log, shape);
  t.after(async () => {
    for (const { close } of members) await close();
    await log.close();
  });
  const finish = async (): Promise<void> => {
    await feeder.feedTo(recordCountOf(shape));
    await oracleDone(log, shape, 120_000);
    for (const { close } of members) await close();
    assert.deepEqual(await checkOracle(log, shape), []);
  };
  return { log, feeder, progress, finish };
}

/** Feeds this share of the input and waits until some of it has come out: then there is something to be in the middle of. */
async function inTheMiddle({ feeder, progress }: Work, share: number): Promise<void> {
  const before = await progress.count(0);
  const fed = feeder.feedTo(Math.ceil(recordCountOf(shape) * share));
  while ((await progress.count(50)) <= before) await delay(10);
  await fed;
}

test('K8 a broker that is killed, and one that is stopped, in the middle of transactions', { skip, timeout: 240_000 }, async (t) => {
  const broker = await startOwnBroker();
  const work = await startWork(t, [broker.address]);
  await inTheMiddle(work, 0.3);
  await broker.kill();
  await delay(1_000);
  await broker.startAgain();
  await inTheMiddle(work, 0.6);
  await broker.stop();
  await broker.startAgain();
  await work.finish();
});

test(
  'K8 three brokers: leaders and coordinators move in a rolling restart, and when one is killed',
  { skip, timeout: 280_000 },
  async (t) => {
    const work = await startWork(
      t,
      cluster.map(({ address }) => address),
    );
    for (const [index, broker] of cluster.entries()) {
      await inTheMiddle(work, (index + 1) * 0.2);
      await (index === 1 ? broker.kill() : broker.stop());
      // What two of three take goes on while the third is away.
      await inTheMiddle(work, (index + 1) * 0.2 + 0.1);
      await broker.startAgain();
    }
    await work.finish();
  },
);

test(
  'a write that too few replicas would keep is refused, not lost, and is taken when they are back',
  { skip, timeout: 200_000 },
  async (t) => {
    const [first, second, third] = cluster;
    assert(first !== undefined && second !== undefined && third !== undefined);
    const log = createKafkaLog({ brokers: [first.address], requestTimeoutMs: 2_000, retryWithinMs: 4_000 });
    t.after(() => log.close());
    const at = { topic: 'replicated', partition: 0 };
    await log.createTopics([{ name: at.topic, partitionCount: 1 }]);
    const producer = await log.openProducer();
    await producer.send([output('kept by all', at)]);
    await Promise.all([second.kill(), third.kill()]);
    await assert.rejects(producer.send([output('kept by one only', at)]), (error) =>
      hasCode(error, 'LOG_UNAVAILABLE', 'LOG_UNKNOWN_OUTCOME'),
    );
    await Promise.all([second.startAgain(), third.startAgain()]);
    const patient = createKafkaLog({ brokers: [first.address], retryWithinMs: 60_000 });
    t.after(() => patient.close());
    const again = await patient.openProducer();
    assert.equal((await again.send([output('kept again', at)])).length, 1);
  },
);
