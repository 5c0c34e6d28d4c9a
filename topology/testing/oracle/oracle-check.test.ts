import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Log, OutputRecord } from '../../log/log.ts';
import { createMemoryLog } from '../../log/memory/memory-log.ts';
import { createStreamApp } from '../../runtime/stream-app.ts';
import { checkOracle } from './oracle-check.ts';
import { feedOracle, oracleDone } from './oracle-feed.ts';
import type { OracleShape } from './oracle-input.ts';
import { createOracleTopology, deadLetterTopicOf, oracleTopics } from './oracle-topology.ts';

const shape: OracleShape = { name: 'oracle', keyCount: 30, turnCount: 8, groupCount: 4, partitionCount: 3 };

/** A log on which the program has run, undisturbed but for what `spoil` makes of the outputs on their way. */
async function programRun(
  t: TestContext,
  spoil: (records: readonly OutputRecord[]) => readonly OutputRecord[],
  { of = shape, repartitionPurgeIntervalMs = 0 }: { readonly of?: OracleShape; readonly repartitionPurgeIntervalMs?: number } = {},
): Promise<Log> {
  const log = createMemoryLog();
  await feedOracle(log, of);
  const spoiled: Log = {
    ...bound(log),
    openSink: async (options) => {
      const sink = await log.openSink(options);
      return {
        begin: () => sink.begin(),
        send: (records) => sink.send(spoil(records)),
        commit: (offsets, membership) => sink.commit(offsets, membership),
        abort: () => sink.abort(),
        close: () => sink.close(),
      };
    },
  };
  const topology = createOracleTopology(of);
  const bounds = { commitIntervalMs: 1, recordsPerTurn: 5, transactionRecordCount: 5, repartitionPurgeIntervalMs };
  const app = createStreamApp({ topology, log: spoiled, state: 'memory', deadLetterTopic: deadLetterTopicOf(of), bounds });
  t.after(() => app.close());
  await app.start();
  await oracleDone(log, of, 1_000).catch(() => {});
  await app.close();
  return log;
}

function bound(log: Log): Log {
  return {
    createTopics: (topics) => log.createTopics(topics),
    describeTopics: (names) => log.describeTopics(names),
    deleteTopics: (names) => log.deleteTopics(names),
    deleteRecords: (at) => log.deleteRecords(at),
    openSource: (options) => log.openSource(options),
    openSink: (options) => log.openSink(options),
    openProducer: () => log.openProducer(),
    openReader: (options) => log.openReader(options),
    offsets: (partitions, isolation) => log.offsets(partitions, isolation),
    committed: (groupId, partitions) => log.committed(groupId, partitions),
    listGroups: () => log.listGroups(),
    describeGroup: (groupId) => log.describeGroup(groupId),
    sync: () => log.sync(),
    close: () => log.close(),
  };
}

/** Applies `change` to the first record of `topic` whose value mentions `word`. */
function spoilOnce(topic: string, word: string, change: (record: OutputRecord) => readonly OutputRecord[]) {
  let isSpoiled = false;
  return (records: readonly OutputRecord[]): readonly OutputRecord[] =>
    records.flatMap((record) => {
      if (isSpoiled || record.topic !== topic || record.value?.includes(word) !== true) return [record];
      isSpoiled = true;
      return change(record);
    });
}

test('a program that ran without a fault has no problem', async (t) => {
  assert.deepEqual(await checkOracle(await programRun(t, (records) => records), shape), []);
});

for (const topic of Object.values(oracleTopics(shape)).slice(1)) {
  test(`a record of ${topic} that is missing, or there twice, is found`, async (t) => {
    const lost = await checkOracle(
      await programRun(
        t,
        spoilOnce(topic, '"index":77', () => []),
      ),
      shape,
    );
    assert.match(lost.join('\n'), new RegExp(`${topic}-\\d: .*(?:should be|missing)`));
    const doubled = await checkOracle(
      await programRun(
        t,
        spoilOnce(topic, '"index":77', (record) => [record, record]),
      ),
      shape,
    );
    assert.match(doubled.join('\n'), new RegExp(`${topic}-\\d: .*(?:should be|twice)`));
  });
}

test('a store that goes on from old totals is found at the record', async (t) => {
  const { totals } = oracleTopics(shape);
  const stale = (record: OutputRecord): readonly OutputRecord[] => [
    { ...record, value: Buffer.from(String(record.value).replace(/"count":\d+/, '"count":1')) },
  ];
  const problems = await checkOracle(await programRun(t, spoilOnce(totals, '"index":200', stale)), shape);
  assert.match(problems.join('\n'), /"index":200/);
});

test('a transaction that was left open, and a dead letter, are found', async (t) => {
  const log = await programRun(t, (records) => records);
  const { echo } = oracleTopics(shape);
  const sink = await log.openSink({ transactionalId: 'left-open' });
  sink.begin();
  const record = { partition: 0, key: Buffer.from('k'), value: Buffer.from('1'), timestampMs: 1 };
  sink.send([{ ...record, topic: echo }]);
  const producer = await log.openProducer();
  await producer.send([{ ...record, topic: deadLetterTopicOf(shape) }]);
  const problems = await checkOracle(log, shape);
  assert.equal(problems.length, 2, problems.join('\n'));
  assert.match(problems[0] ?? '', /^oracle-echo-0: a transaction is open: stable up to \d+, written up to \d+$/);
  assert.equal(problems[1], `${deadLetterTopicOf(shape)}: 1 dead letters`);
});

test('of a purged repartition topic what was in it is known by what was made of it: a fault there is found too, and a purge that never was', async (t) => {
  const purged: OracleShape = { ...shape, isPurged: true };
  const { byGroup } = oracleTopics(purged);
  const clean = (repartitionPurgeIntervalMs: number) => programRun(t, (records) => records, { of: purged, repartitionPurgeIntervalMs });
  assert.deepEqual(await checkOracle(await clean(0), purged), []);
  assert.deepEqual(await checkOracle(await clean(3_600_000), purged), [`${byGroup} was never purged`]);
  const twice = await checkOracle(
    await programRun(
      t,
      spoilOnce(byGroup, '"index":77', (record) => [record, record]),
      { of: purged },
    ),
    purged,
  );
  assert.match(twice.join('\n'), /by-group-repartition-\d: record 77 is there twice/);
});
