/**
 * The oracle program on Kafka in three processes, undisturbed: every output partition record by record against closed forms, and what Java's console
 * consumer says of the same topics at read-committed.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createKafkaLog } from '../../log/kafka/kafka-log.ts';
import { consumeWithJava, javaToolsSkip, runJavaTool } from '../../log/kafka/test-support/java-tools.ts';
import { findTestBroker } from '../../log/kafka/test-support/test-broker.ts';
import type { MemberEvent } from '../fleet/member-process.ts';
import { MemberProcess, readJsonEvent } from '../fleet/member-process.ts';
import { checkOracle, inputOf, runningTotals } from './oracle-check.ts';
import type { OracleMember } from './oracle-child.ts';
import { feedOracle, oracleDone } from './oracle-feed.ts';
import type { OracleShape } from './oracle-input.ts';
import { recordCountOf } from './oracle-input.ts';
import { oracleTopics } from './oracle-topology.ts';

const broker = await findTestBroker(process.env['STEPWRIGHT_TEST_KAFKA']);
const skip = 'skipReason' in broker ? broker.skipReason : false;
const address = 'address' in broker ? broker.address : '';

test(
  '20,000 keys through a repartition in three processes come out record by record as the closed forms say',
  { skip, timeout: 180_000 },
  async (t) => {
    const shape: OracleShape = {
      name: `oracle-${process.pid}-${Date.now()}`,
      keyCount: 20_000,
      turnCount: 2,
      groupCount: 1_000,
      partitionCount: 4,
    };
    const log = createKafkaLog({ brokers: [address] });
    t.after(() => log.close());
    await feedOracle(log, shape);
    const events: MemberEvent[] = [];
    const unexpected: string[] = [];
    const members = await startMembers(t, shape, {
      onEvent: (event) => events.push(event),
      onUnexpectedEnd: (how) => unexpected.push(how),
    });
    await oracleDone(log, shape, 150_000);
    for (const member of members) await member.stop();
    assert.deepEqual(await checkOracle(log, shape), []);
    assert.deepEqual(unexpected, []);
    assert.deepEqual(
      events.filter((event) => event.event === 'restored' && event.wiped !== undefined),
      [],
    );
    await t.test("Kafka's own tool lists no open transaction", { skip: javaToolsSkip() }, async () => {
      const listed = await runJavaTool('org.apache.kafka.tools.TransactionsCommand', ['--bootstrap-server', address, 'list']);
      const ours = listed.filter((line) => line.startsWith(`${shape.name}-`));
      assert.equal(ours.length, 2 * shape.partitionCount, listed.join('\n'));
      assert.deepEqual(
        ours.filter((line) => !/\b(?:CompleteCommit|CompleteAbort|Empty)\b/.test(line)),
        [],
      );
    });
    await t.test("Java's console consumer sees the same", { skip: javaToolsSkip() }, async () => {
      const { echo, totals, groupTotals } = oracleTopics(shape);
      const outputs = [
        { topic: echo, made: (partition: number) => inputOf(partition, shape) },
        { topic: totals, made: (partition: number) => runningTotals(inputOf(partition, shape)) },
      ];
      for (const { topic, made } of outputs) {
        // One more than there should be, so that a doubled record shows.
        const seen = await consumeWithJava(address, topic, {
          count: recordCountOf(shape) + 1,
          format: ['print.key=true', 'print.partition=true'],
        });
        for (let partition = 0; partition < shape.partitionCount; partition += 1) {
          assert.deepEqual(
            seen.filter((line) => line.startsWith(`Partition:${partition}\t`)),
            made(partition).map(({ key, value }) => `Partition:${partition}\t${key}\t${JSON.stringify(value)}`),
            `${topic}-${partition}`,
          );
        }
      }
      assert.equal((await consumeWithJava(address, groupTotals, { count: recordCountOf(shape) + 1 })).length, recordCountOf(shape));
    });
  },
);

async function startMembers(
  t: TestContext,
  shape: OracleShape,
  hooks: { readonly onEvent: (event: MemberEvent) => void; readonly onUnexpectedEnd: (how: string) => void },
): Promise<readonly MemberProcess[]> {
  const folder = await mkdtemp(join(tmpdir(), 'stepwright-oracle-'));
  const members = ['member-0', 'member-1', 'member-2'].map((name) => {
    const directory = join(folder, name);
    const member: OracleMember = { shape, instanceId: name, directory, log: { brokers: [address] }, isTalkative: false };
    const command = [join(import.meta.dirname, 'oracle-child.js'), JSON.stringify(member)];
    return new MemberProcess({ name, command, directory, readEvent: readJsonEvent, ...hooks });
  });
  t.after(async () => {
    for (const member of members) await member.kill();
    await rm(folder, { recursive: true, force: true });
  });
  for (const member of members) member.start();
  return members;
}
