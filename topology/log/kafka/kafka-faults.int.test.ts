/**
 * K8 on a real broker: the engine works through a proxy that loses answers, cuts connections before, after and inside answers, and delivers requests late.
 * Allowed: work done again, tasks rebuilt, members that lose their place. Never: a record missing or doubled, a transaction left open.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createPinoLogger } from '../../base/pino-logger.ts';
import { createStreamApp } from '../../runtime/stream-app.ts';
import { createDice } from '../../testing/dice.ts';
import { checkOracle } from '../../testing/oracle/oracle-check.ts';
import { feedOracle, oracleDone } from '../../testing/oracle/oracle-feed.ts';
import type { OracleShape } from '../../testing/oracle/oracle-input.ts';
import { createOracleTopology, deadLetterTopicOf } from '../../testing/oracle/oracle-topology.ts';
import { createKafkaLog } from './kafka-log.ts';
import type { TransactionVersion } from './requests/transaction-requests.ts';
import { FaultPlan } from './test-support/fault-plan.ts';
import { startKafkaProxy } from './test-support/kafka-proxy.ts';
import { findTestBroker } from './test-support/test-broker.ts';

const broker = await findTestBroker(process.env['STEPWRIGHT_TEST_KAFKA']);
const skip = 'skipReason' in broker ? broker.skipReason : false;
const address = 'address' in broker ? broker.address : '';
const seed = Number(process.env['STEPWRIGHT_TEST_SEED'] ?? Math.floor(Math.random() * 1e9));

/** Short enough that a lost answer costs little, long enough for a busy machine. */
const hasty = { requestTimeoutMs: 1_000, retryWithinMs: 4_000, sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 3_000, heartbeatMs: 100 };

interface Faulty {
  readonly shape: OracleShape;
  readonly address: string;
  readonly transactionVersion: TransactionVersion;
  readonly failures: string[];
}

async function startMember(t: TestContext, { shape, address: brokerAddress, transactionVersion, failures }: Faulty) {
  const logger = process.env['STEPWRIGHT_TEST_LOG'] ? createPinoLogger() : undefined;
  const log = createKafkaLog({ brokers: [brokerAddress], transactionVersion, ...hasty, ...(logger && { logger }) });
  const app = createStreamApp({
    topology: createOracleTopology(shape),
    log,
    state: 'memory',
    deadLetterTopic: deadLetterTopicOf(shape),
    bounds: { commitIntervalMs: 20, recordsPerTurn: 50, turnMs: 2 },
    ...(logger && { logger }),
    onTaskFailed: (taskId, error) =>
      failures.push(`${taskId} ${error instanceof Error && 'code' in error ? String(error.code) : String(error)}`),
  });
  const close = async (): Promise<void> => {
    await app.close();
    await log.close();
  };
  t.after(close);
  await app.start();
  return { close };
}

for (const version of [1, 2] as const)
  test(
    `K8 answers that are lost, cut off or late make no hole and no double, transactions of version ${version}`,
    { skip, timeout: 240_000 },
    async (t) => {
      t.diagnostic(`seed ${seed}`);
      const shape: OracleShape = {
        name: `faults-${seed}-${process.pid}-${version}`,
        keyCount: 400,
        turnCount: 20,
        groupCount: 50,
        partitionCount: 4,
      };
      const direct = createKafkaLog({ brokers: [address] });
      t.after(() => direct.close());
      await feedOracle(direct, shape);
      const proxy = await startKafkaProxy(address);
      t.after(() => proxy.close());
      const plan = new FaultPlan(createDice(seed));
      const failures: string[] = [];
      const faulty: Faulty = { shape, address: proxy.address, transactionVersion: version, failures };
      const members = [await startMember(t, faulty), await startMember(t, faulty)];
      proxy.judge = plan.judge;
      await oracleDone(direct, shape, 180_000);
      plan.end();
      for (const member of members) await member.close();
      const counts = [...plan.counts()].map(([what, count]) => `${what} ${count}`).sort();
      t.diagnostic(`faults: ${counts.join(', ')}`);
      t.diagnostic(`tasks rebuilt: ${failures.join(', ')}`);
      assert.deepEqual(await checkOracle(direct, shape), []);
      const happened = [...plan.counts().values()].reduce((sum, count) => sum + count, 0);
      for (const api of ['EndTxn', 'Produce', 'TxnOffsetCommit'])
        assert.ok(plan.counts().has(`${api} lose-answer`), `no answer of ${api} was lost`);
      assert.ok(happened >= 20, `only ${happened} faults: the test tests little`);
    },
  );
