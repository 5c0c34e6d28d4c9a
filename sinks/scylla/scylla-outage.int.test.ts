import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import type { StepUpsert } from '../../schemas/types/guide.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { hasCode } from '../../topology/base/errors.ts';
import type { Log } from '../../topology/log/log.ts';
import { createMemoryLog } from '../../topology/log/memory/memory-log.ts';
import { jsonSerde } from '../contracts/json-serde.ts';
import { revision, sessionRow, stepRow } from '../contracts/view-fixtures.ts';
import type { Views } from '../contracts/views-contract.ts';
import { MemoryViews } from '../memory/memory-views.ts';
import { SinkRunner } from '../runner/sink-runner.ts';
import { createViewTarget, type ViewRow } from '../views/view-target.ts';
import type { ScyllaViewsOptions } from './scylla-options.ts';
import { openScyllaViews } from './scylla-views.ts';
import { dataCenter, newKeyspace, ownServerSkip, startOwnServer, type OwnServer } from './test-support/test-server.ts';

/** One server that asks for a password, is stopped for a while and killed: these tests run in order. */
const reason = ownServerSkip();
const skip = reason === false ? {} : { skip: reason };
const own = reason === false ? await startOwnServer({ authentication: true, commitLogSync: 'batch' }) : undefined;
const keyspace = newKeyspace();
const keyring = createMemoryKeyring('views');
const sessionCount = 20;
const topics = ['guide.steps.v1', 'guide.sessions.v1', 'guide.finished.v1'] as const;
const livePartitionOf = (): { topic: string; partition: number } => ({ topic: 'guide.steps.v1', partition: 0 });
const serdes = { 'guide.steps.v1': jsonSerde<never>(), 'guide.sessions.v1': jsonSerde<never>(), 'guide.finished.v1': jsonSerde<never>() };
// While the server is away nothing else keeps this process.
const clock = createSystemClock({ keepsAlive: true });

async function bench(): Promise<{ readonly log: Log; readonly send: (round: number) => Promise<void> }> {
  const log = createMemoryLog({ clock });
  await log.createTopics(topics.map((name) => ({ name, partitionCount: 1 })));
  const producer = await log.openProducer();
  const send = async (round: number): Promise<void> => {
    for (let index = 0; index < sessionCount; index++) {
      const sessionId = `s${index}`;
      const step: StepUpsert = stepRow({
        sessionId,
        stepId: `step-${round % 7}`,
        order: round % 7,
        revision: revision(round),
        title: `round ${round}`,
      });
      const rows = [sessionRow({ sessionId, revision: revision(round), eventCount: round }), step];
      const records = rows.map((row, at) => ({
        topic: at === 0 ? 'guide.sessions.v1' : 'guide.steps.v1',
        partition: 0,
        key: Buffer.from(sessionId),
        value: Buffer.from(JSON.stringify(row)),
        timestampMs: 0,
      }));
      await producer.send(records);
    }
  };
  return { log, send };
}

function run(log: Log, views: Views): SinkRunner<ViewRow> {
  const deadLetters = async (): Promise<void> => assert.fail('nothing is refused');
  const runner = new SinkRunner<ViewRow>({
    log,
    target: createViewTarget(views, serdes),
    clock,
    random: () => 0.5,
    deadLetters,
    maxRetryMs: 1_000,
    batchRows: 40,
  });
  runner.start();
  return runner;
}

const ends = (log: Log) =>
  log.offsets(
    topics.map((topic) => ({ topic, partition: 0 })),
    'read_committed',
  );

async function seen(views: Views): Promise<unknown> {
  const found = [];
  for (let index = 0; index < sessionCount; index++) found.push(await views.liveSteps('acme', `s${index}`));
  return [found, await views.listSessions('acme', { limitCount: 50 })];
}

describe('a CQL server of one’s own', skip, () => {
  const server = (): OwnServer => {
    assert.ok(own !== undefined);
    return own;
  };
  const optionsOf = (change: Partial<ScyllaViewsOptions> = {}): ScyllaViewsOptions => ({
    contactPoints: [server().address],
    localDataCenter: dataCenter,
    keyspace,
    replicationFactor: 1,
    credentials: { user: 'cassandra', password: 'cassandra' },
    requestTimeoutMs: 2_000,
    livePartitionOf,
    keyring,
    clock,
    ...change,
  });

  test('its first user is let in, a wrong password and no password are not, and the message holds neither', async () => {
    // The server makes its first user a moment after it listens.
    for (let isMade = false; !isMade;) {
      const views = await openScyllaViews(optionsOf()).catch((error: unknown) => {
        assert.ok(hasCode(error, 'VIEW_ACCESS_DENIED') || hasCode(error, 'VIEW_UNAVAILABLE'), String(error));
        return undefined;
      });
      isMade = views !== undefined;
      if (views === undefined) await delay(250);
      else await views.close();
    }
    const { credentials: _known, ...unnamed } = optionsOf();
    for (const options of [optionsOf({ credentials: { user: 'cassandra', password: 'hunter2' } }), unnamed]) {
      await assert.rejects(openScyllaViews(options), (error) => hasCode(error, 'VIEW_ACCESS_DENIED') && !/hunter2/.test(error.message));
    }
  });

  test('while it hangs, only its own sink falls behind; nothing is lost when it goes on', async () => {
    const { log, send } = await bench();
    const [views, twin] = [await openScyllaViews(optionsOf({ edition: 'slow' })), new MemoryViews(livePartitionOf)];
    const [runner, twinRunner] = [run(log, views), run(log, twin)];
    try {
      await send(1);
      await runner.whenApplied(await ends(log));
      process.kill(server().pid(), 'SIGSTOP');
      try {
        for (let round = 2; round <= 6; round++) await send(round);
        await twinRunner.whenApplied(await ends(log));
        const behind = runner.applied().find(({ topic }) => topic === 'guide.steps.v1')?.nextOffset ?? 0n;
        assert.ok(behind < BigInt(6 * sessionCount), `the sink of the hanging server is at ${behind}`);
      } finally {
        process.kill(server().pid(), 'SIGCONT');
      }
      await runner.whenApplied(await ends(log));
      assert.equal(runner.isHealthy, true);
      assert.deepEqual(await seen(views), await seen(twin));
    } finally {
      await Promise.all([runner.close(), twinRunner.close()]);
      await log.close();
    }
  });

  test('killed in the middle of writes and started again: the sink waits, loses nothing, and the newest stands', async () => {
    const { log, send } = await bench();
    const [views, twin] = [await openScyllaViews(optionsOf({ edition: 'killed' })), new MemoryViews(livePartitionOf)];
    const [runner, twinRunner] = [run(log, views), run(log, twin)];
    try {
      for (let round = 1; round <= 3; round++) await send(round);
      await runner.whenApplied(await ends(log));
      const more = send(4);
      await server().kill();
      await more;
      for (let round = 5; round <= 9; round++) await send(round);
      await twinRunner.whenApplied(await ends(log));
      await server().startAgain();
      await runner.whenApplied(await ends(log));
      assert.equal(runner.isHealthy, true);
      assert.deepEqual(await seen(views), await seen(twin));
    } finally {
      await Promise.all([runner.close(), twinRunner.close()]);
      await log.close();
    }
  });
});
