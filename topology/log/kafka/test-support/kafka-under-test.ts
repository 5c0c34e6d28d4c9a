import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { LogUnderTest } from '../../log-contract.ts';
import { KafkaClient } from '../client/kafka-client.ts';
import { assertOk } from '../kafka-errors.ts';
import { createKafkaLog } from '../kafka-log.ts';
import type { KafkaLogOptions } from '../kafka-options.ts';
import { kafkaSettings } from '../kafka-options.ts';
import { leaveGroupRequest } from '../requests/group-requests.ts';
import { describeTransactionRequest } from '../requests/transaction-requests.ts';
import { createPrefixedLog } from './prefixed-log.ts';

const maxRecordBytes = 10_000;
const notFound = 105;

/** A log for the contract suite on a broker that many tests share: names of its own, markers awaited, short heartbeats. */
export async function kafkaUnderTest(t: TestContext, address: string, options: Partial<KafkaLogOptions> = {}): Promise<LogUnderTest> {
  const all = { brokers: [address], maxRecordBytes, heartbeatMs: 50, ...options };
  const prefix = `${randomBytes(6).toString('hex')}.`;
  const client = new KafkaClient(kafkaSettings(all));
  const log = createPrefixedLog(createKafkaLog(all), {
    prefix,
    leastPollMs: 500,
    settled: (transactionalId) => settled(client, transactionalId),
  });
  t.after(async () => {
    await log.close();
    await client.close();
  });
  return {
    log,
    maxRecordBytes,
    historyRunCount: 12,
    advanceMs: (byMs) => delay(byMs),
    evictMember: async (groupId, instanceId) => {
      const request = leaveGroupRequest({ groupId: `${prefix}${groupId}`, memberId: '', instanceId });
      await client.coordinated('group', request, { id: `${prefix}${groupId}`, codeOf: (code) => code });
    },
  };
}

/** Resolves when the markers of the id's last transaction are written. */
export async function settled(client: KafkaClient, transactionalId: string): Promise<void> {
  for (;;) {
    const answer = await client.connection.sendToCoordinator('transaction', transactionalId, describeTransactionRequest(transactionalId));
    if (answer.code === notFound) return;
    assertOk(answer.code, 'DescribeTransactions');
    if (!answer.state.startsWith('Prepare')) return;
    await delay(2);
  }
}
