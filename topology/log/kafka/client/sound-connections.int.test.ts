/** What kafkajs made of connections that break, each on a real broker behind a proxy that breaks them: the next call works, and soon. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Log } from '../../log.ts';
import { createKafkaLog } from '../kafka-log.ts';
import type { KafkaProxy, ProxyFault } from '../test-support/kafka-proxy.ts';
import { startKafkaProxy } from '../test-support/kafka-proxy.ts';
import { findTestBroker } from '../test-support/test-broker.ts';
import { apiKeys } from '../wire/kafka-request.ts';

const broker = await findTestBroker(process.env['STEPWRIGHT_TEST_KAFKA']);
const skip = 'skipReason' in broker ? broker.skipReason : false;
const address = 'address' in broker ? broker.address : '';
const requestTimeoutMs = 500;
/** A lost answer is waited for once, and then there are the waits between attempts. */
const soonMs = 5_000;

async function setUp(t: TestContext): Promise<{ readonly log: Log; readonly proxy: KafkaProxy; readonly topic: string }> {
  const proxy = await startKafkaProxy(address);
  const log = createKafkaLog({ brokers: [proxy.address], requestTimeoutMs, retryWithinMs: 20_000 });
  t.after(async () => {
    await log.close();
    await proxy.close();
  });
  const topic = `sound.${randomBytes(6).toString('hex')}`;
  await log.createTopics([{ name: topic, partitionCount: 1 }]);
  return { log, proxy, topic };
}

/** The next `count` requests of any kind. */
function breakNext(proxy: KafkaProxy, fault: ProxyFault, count: number): void {
  let leftCount = count;
  proxy.judge = ({ apiKey }) => (apiKey === apiKeys.ListOffsets && leftCount-- > 0 ? fault : undefined);
}

for (const fault of ['cut-inside', 'cut-after', 'cut-before', 'lose-answer', 'late'] as const) {
  test(`${fault}: the same call is answered over the next connection`, { skip, timeout: 40_000 }, async (t) => {
    const { log, proxy, topic } = await setUp(t);
    for (let round = 0; round < 3; round += 1) {
      breakNext(proxy, fault, 1);
      const startedAtMs = performance.now();
      const [range] = await log.offsets([{ topic, partition: 0 }], 'read_committed');
      assert.deepEqual([range?.startOffset, range?.nextOffset], [0n, 0n]);
      assert.ok(performance.now() - startedAtMs < soonMs, `round ${round} took ${Math.round(performance.now() - startedAtMs)} ms`);
    }
  });
}

test('many calls at once over a connection that breaks under them are all answered', { skip, timeout: 60_000 }, async (t) => {
  const { log, proxy, topic } = await setUp(t);
  for (const fault of ['cut-inside', 'cut-before', 'cut-after'] as const) {
    breakNext(proxy, fault, 5);
    const calls = Array.from({ length: 20 }, () => log.offsets([{ topic, partition: 0 }], 'read_uncommitted'));
    for (const [range] of await Promise.all(calls)) assert.equal(range?.nextOffset, 0n);
  }
});
