/**
 * K7 on Kafka, in two processes: one is killed (-9), or frozen until it is out and woken as a zombie. The other takes over from its standbys and
 * restores hardly anything; what comes out is what would have come out anyway.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../../log/log.ts';
import { createKafkaLog } from '../../log/kafka/kafka-log.ts';
import { findTestBroker } from '../../log/kafka/test-support/test-broker.ts';
import { MemberProcess, readJsonEvent, type MemberEvent } from '../../testing/fleet/member-process.ts';
import { checkOracle } from '../../testing/oracle/oracle-check.ts';
import type { OracleMember } from '../../testing/oracle/oracle-child.ts';
import { feedOracle, OracleFeeder, oracleDone } from '../../testing/oracle/oracle-feed.ts';
import type { OracleShape } from '../../testing/oracle/oracle-input.ts';
import { recordCountOf } from '../../testing/oracle/oracle-input.ts';
import { oracleTopics, oracleTopicSpecs } from '../../testing/oracle/oracle-topology.ts';

const broker = await findTestBroker(process.env['STEPWRIGHT_TEST_KAFKA']);
const skip = 'skipReason' in broker ? broker.skipReason : false;
const brokers = 'address' in broker ? [broker.address] : [];
const sessionTimeoutMs = 6_000;

interface Pair {
  readonly log: Log;
  readonly shape: OracleShape;
  readonly members: readonly [MemberProcess, MemberProcess];
  readonly events: readonly (MemberEvent & { readonly member: string })[];
  readonly unexpected: readonly string[];
}

async function startPair(t: TestContext, name: string): Promise<Pair> {
  const shape: OracleShape = {
    name: `${name}-${process.pid}-${Date.now()}`,
    keyCount: 5_000,
    turnCount: 20,
    groupCount: 500,
    partitionCount: 4,
  };
  const folder = await mkdtemp(join(tmpdir(), 'stepwright-takeover-'));
  const log = createKafkaLog({ brokers });
  const events: (MemberEvent & { readonly member: string })[] = [];
  const unexpected: string[] = [];
  const create = (member: string) => {
    const directory = join(folder, member);
    const options: OracleMember = {
      ...{ shape, instanceId: member, directory, isTalkative: process.env['STEPWRIGHT_TEST_TALK'] === '1' },
      log: { brokers, sessionTimeoutMs },
      sharing: { standbyCount: 1 },
    };
    return new MemberProcess({
      name: member,
      directory,
      command: [join(import.meta.dirname, '../../testing/oracle/oracle-child.js'), JSON.stringify(options)],
      readEvent: readJsonEvent,
      onEvent: (event) => events.push({ ...event, member }),
      onUnexpectedEnd: (how) => unexpected.push(how),
    });
  };
  const members = [create('member-0'), create('member-1')] as const;
  t.after(async () => {
    for (const member of members) await member.kill();
    await log.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { log, shape, members, events, unexpected };
}

/** Resolves when this many of the records have come out. */
async function untilOut({ log, shape }: Pair, count: number): Promise<void> {
  const { groupTotals } = oracleTopics(shape);
  const partitions = Array.from({ length: shape.partitionCount }, (_, partition) => ({ topic: groupTotals, partition }));
  for (;;) {
    const ranges = await log.offsets(partitions, 'read_committed');
    if (ranges.reduce((sum, { nextOffset }) => sum + Number(nextOffset), 0) >= count) return;
    await delay(50);
  }
}

/** Feeds in the background while the members work. */
async function feedAndStart(pair: Pair): Promise<{ readonly fed: Promise<void> }> {
  const { log, shape, members } = pair;
  const fed = feedOracle(log, shape, { pauseMs: 150 });
  while ((await log.describeTopics([oracleTopics(shape).groupTotals])).length === 0) await delay(20);
  for (const member of members) member.start();
  return { fed };
}

async function finish({ log, shape, members, unexpected, events }: Pair, fed: Promise<void>): Promise<void> {
  await fed;
  await oracleDone(log, shape, 120_000);
  for (const member of members) await member.stop();
  assert.deepEqual(await checkOracle(log, shape), []);
  assert.deepEqual(unexpected, []);
  const wipes = events.filter((event) => event.event === 'restored' && event.wiped !== undefined);
  assert.deepEqual(wipes, [], 'K5 nothing is wiped because a process died');
}

/** Tasks that the survivor restored from `since` on. */
function takenOver({ events }: Pair, survivor: string, since: number): readonly string[] {
  return [
    ...new Set(events.slice(since).flatMap((event) => (event.event === 'restored' && event.member === survivor ? [event.taskId] : []))),
  ];
}

/** What the survivor restored from `since` on; with standbys only the last moments are left. */
function checkTakeover(pair: Pair, survivor: string, since: number): void {
  const { events, shape } = pair;
  const taken = takenOver(pair, survivor, since);
  const restored = events.slice(since).flatMap((event) => (event.event === 'restored' && event.member === survivor ? [event] : []));
  assert.ok(taken.length >= shape.partitionCount, `it took over ${taken.join(', ')}`);
  const restoredCount = restored.reduce((sum, event) => sum + event.restoredCount, 0);
  assert.ok(restoredCount < recordCountOf(shape) / 4, `${restoredCount} records were restored though there were standbys`);
}

test(
  'K3 K7 a member killed with -9 is replaced by the other from its standbys, and every record comes out once',
  { skip, timeout: 180_000 },
  async (t) => {
    const pair = await startPair(t, 'takeover-kill');
    const { fed } = await feedAndStart(pair);
    await untilOut(pair, recordCountOf(pair.shape) / 3);
    const since = pair.events.length;
    await pair.members[0].kill();
    await fed;
    await oracleDone(pair.log, pair.shape, 120_000);
    checkTakeover(pair, 'member-1', since);
    pair.members[0].start();
    await finish(pair, fed);
  },
);

test(
  'K7 a frozen member that wakes in the middle of the input, when the other has its tasks, is fenced, and every record comes out once',
  { skip, timeout: 180_000 },
  async (t) => {
    const pair = await startPair(t, 'takeover-freeze');
    const { log, shape, members, events } = pair;
    await log.createTopics(oracleTopicSpecs(shape));
    const feeder = new OracleFeeder(log, shape);
    t.after(() => feeder.close());
    for (const member of members) member.start();
    const wholeCount = recordCountOf(shape);
    // Enough that the frozen one is in the middle of it, however fast it is.
    const fed = feeder.feedTo(Math.floor((wholeCount * 2) / 3));
    await untilOut(pair, wholeCount / 4);
    members[0].freeze();
    const since = events.length;
    await fed;
    while (takenOver(pair, 'member-1', since).length < shape.partitionCount) await delay(20);
    const wokenAt = events.length;
    const rest = feeder.feedTo(wholeCount);
    members[0].thaw();
    const zombie = () => events.slice(wokenAt).filter(({ member }) => member === 'member-0');
    // A commit that it had begun is refused, or the group says first that it is out; without an end of this wait there was no zombie.
    while (!zombie().some((event) => event.event === 'failed' || (event.event === 'state' && event.state === 'rebalancing')))
      await delay(20);
    await finish(pair, rest);
    const codes = zombie().flatMap((event) => (event.event === 'failed' ? [event.code] : []));
    t.diagnostic(`tasks that the zombie lost: ${codes.join(', ') || 'all, told by the group'}`);
    // The last one after a freeze that outlasted the patience of its requests.
    for (const code of codes) assert.match(code, /^(TASK_LOST|LOG_FENCED|LOG_UNAVAILABLE)$/);
  },
);
