import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import { freePort } from '../../services/free-port.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { hasCode } from '../../topology/base/errors.ts';
import { batchOf, guideRow, sessionRow, stepRow } from '../contracts/view-fixtures.ts';
import { viewSink } from '../contracts/view-samples.ts';
import { livePartitionOf } from '../contracts/views-contract.ts';
import { createBench } from '../test-support/sink-bench.ts';
import { CqlSession } from './cql-session.ts';
import { migrateViews } from './schema/migrate.ts';
import { schemaVersions } from './schema/versions.ts';
import type { ScyllaViewsOptions } from './scylla-options.ts';
import { openScyllaViews } from './scylla-views.ts';
import { dataCenter, findTestServer, newKeyspace, runCql } from './test-support/test-server.ts';

const made: string[] = [];
// Before a server of this file's own is started, since that registers its end: hooks run in order.
after(async () => {
  if (address === '') return;
  for (const keyspace of new Set(made)) await runCql({ address }, `DROP KEYSPACE IF EXISTS ${keyspace}`);
});
const server = await findTestServer(process.env['STEPWRIGHT_TEST_CQL']);
const skip = 'skipReason' in server ? { skip: server.skipReason } : {};
const address = 'address' in server ? server.address : '';
const clock = createSystemClock({ keepsAlive: true });

function optionsFor(keyspace: string, change: Partial<ScyllaViewsOptions> = {}): ScyllaViewsOptions {
  if (keyspace.startsWith('test_')) made.push(keyspace);
  const place = { contactPoints: [address], localDataCenter: dataCenter, keyspace, replicationFactor: 1 };
  return { ...place, livePartitionOf, keyring: createMemoryKeyring('views'), clock, ...change };
}

describe('tables on a CQL server', skip, () => {
  test('four processes that make the keyspace and its tables at once all end well, and one set of tables stands', async () => {
    const { keyspace } = optionsFor(newKeyspace());
    const child = fileURLToPath(new URL('test-support/migrate-child.js', import.meta.url));
    const exits = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const started = spawn(process.execPath, [child, address, keyspace, dataCenter], { stdio: ['ignore', 'ignore', 'inherit'] });
        const [code] = await once(started, 'exit');
        return code;
      }),
    );
    assert.deepEqual(exits, [0, 0, 0, 0]);
    const versions = await runCql({ address, keyspace }, 'SELECT version FROM schema_versions');
    assert.deepEqual(
      versions.map((row) => row['version']),
      schemaVersions.map(({ version }) => version),
    );
    assert.deepEqual(await runCql({ address, keyspace }, 'SELECT * FROM schema_lock'), []);
  });

  test('a migration that was cut off after a part of its statements is done again, once', async () => {
    const options = optionsFor(newKeyspace());
    await (await openScyllaViews(options)).close();
    await runCql({ address, keyspace: options.keyspace }, 'TRUNCATE schema_versions', 'DROP TABLE guide_list');
    const session = await CqlSession.connect(options);
    try {
      const migrate = () => migrateViews({ session, keyspace: options.keyspace, clock });
      assert.deepEqual(await migrate(), [1]);
      assert.deepEqual(await migrate(), []);
    } finally {
      await session.close();
    }
    const views = await openScyllaViews(options);
    await views.apply(batchOf({ sessions: [sessionRow()], guides: [guideRow()] }));
    assert.equal((await views.listGuides('acme', { limitCount: 5 })).rows.length, 1);
    await views.close();
  });

  test('while another process has the lock no table is changed, and its lock is not taken; when it goes, the work is done', async () => {
    const options = optionsFor(newKeyspace());
    const { keyspace } = options;
    await (await openScyllaViews(options)).close();
    const lock = "INSERT INTO schema_lock (component, owner) VALUES ('views', 'another')";
    await runCql({ address, keyspace }, 'TRUNCATE schema_versions', 'DROP TABLE guide_list', lock);
    const session = await CqlSession.connect(options);
    try {
      let waitCount = 0;
      let hasWaited = (): void => {};
      const waitedLong = new Promise<void>((resolve) => (hasWaited = resolve));
      const watched: typeof clock = {
        ...clock,
        setTimer: (delayMs, callback) => {
          if (++waitCount === 4) hasWaited();
          return clock.setTimer(delayMs, callback);
        },
      };
      const migrating = migrateViews({ session, keyspace, clock: watched });
      await Promise.race([waitedLong, migrating]);
      const tables = `SELECT table_name FROM system_schema.tables WHERE keyspace_name = '${keyspace}' AND table_name = 'guide_list'`;
      assert.deepEqual(await runCql({ address }, tables), []);
      assert.deepEqual(
        (await runCql({ address, keyspace }, 'SELECT owner FROM schema_lock')).map((row) => row['owner']),
        ['another'],
      );
      await runCql({ address, keyspace }, "DELETE FROM schema_lock WHERE component = 'views' IF owner = 'another'");
      assert.deepEqual(await migrating, [1]);
      assert.equal((await runCql({ address }, tables)).length, 1);
    } finally {
      await session.close();
    }
  });

  test('a keyspace that a newer program made is refused, with the way out', async () => {
    const options = optionsFor(newKeyspace());
    await (await openScyllaViews(options)).close();
    await runCql({ address, keyspace: options.keyspace }, "INSERT INTO schema_versions (component, version) VALUES ('views', 99)");
    await assert.rejects(
      openScyllaViews(options),
      (error) => hasCode(error, 'VIEW_SCHEMA_NEWER') && /version 99.*knows 1.*newer program/.test(error.message),
    );
  });

  test('a missing keyspace is refused with the statement that makes it', async () => {
    const { replicationFactor: _made, ...options } = optionsFor(newKeyspace());
    await assert.rejects(
      openScyllaViews(options),
      (error) => hasCode(error, 'VIEW_KEYSPACE_MISSING') && error.message.includes(`CREATE KEYSPACE IF NOT EXISTS ${options.keyspace}`),
    );
  });

  test('nobody at the address, and nobody in the data centre, are told apart', async () => {
    const nobody = `127.0.0.1:${await freePort()}`;
    await assert.rejects(
      openScyllaViews(optionsFor('stepwright', { contactPoints: [nobody] })),
      (error) => hasCode(error, 'VIEW_UNAVAILABLE') && error.message.includes(nobody),
    );
    await assert.rejects(
      openScyllaViews(optionsFor('stepwright', { localDataCenter: 'atlantis' })),
      (error) => hasCode(error, 'CONFIG_INVALID') && error.message.includes('atlantis'),
    );
    await assert.rejects(openScyllaViews(optionsFor('x; DROP TABLE y')), (error) => hasCode(error, 'CONFIG_INVALID'));
  });
});

describe('what stands in the tables', skip, () => {
  const keyspace = newKeyspace();

  test('a writer that was frozen and writes an older record late changes nothing (stamps)', async () => {
    const options = optionsFor(keyspace, { edition: 'frozen' });
    // The late one has remembered nothing of what the other one wrote: it has read the session when there was none.
    const [late, ahead] = await Promise.all([openScyllaViews(options), openScyllaViews(options)]);
    const first = {
      sessions: [sessionRow({ sessionId: 'late' })],
      steps: [stepRow({ sessionId: 'late', revision: { ordinal: 1, timer: 0, final: true } })],
    };
    const stamped = (rows: Parameters<typeof batchOf>[0], offset: bigint) =>
      batchOf({
        ...rows,
        positions: [{ ...livePartitionOf('acme'), nextOffset: offset + 1n }],
        offsets: new Map([...(rows.sessions ?? []), ...(rows.steps ?? [])].map((row) => [row, offset])),
      });
    await late.apply(stamped(first, 10n));
    const newer = stepRow({ sessionId: 'late', revision: { ordinal: 9, timer: 0, final: true }, title: 'newest' });
    await ahead.apply(stamped({ steps: [newer] }, 90n));
    const between = stepRow({ sessionId: 'late', revision: { ordinal: 5, timer: 0, final: true }, title: 'between' });
    await late.apply(stamped({ steps: [between] }, 50n));
    const live = await ahead.liveSteps('acme', 'late');
    assert.deepEqual(typeof live === 'object' && live.steps.map((step) => step.title), ['newest']);
    const [row] = await runCql(
      { address, keyspace },
      "SELECT WRITETIME(body) AS stamp FROM session_rows WHERE tenant_id = 'acme' AND session_id = 'late' AND edition = 'frozen' AND kind = 3",
    );
    assert.equal(String(row?.['stamp']), '90');
    const [own] = await runCql(
      { address, keyspace },
      "SELECT next_offset FROM session_rows WHERE tenant_id = 'acme' AND session_id = 'late' AND edition = 'frozen' AND kind = 2",
    );
    assert.deepEqual([String(own?.['next_offset']), (await ahead.positions()).map(({ nextOffset }) => nextOffset)], ['91', [91n]]);
    await Promise.all([late.close(), ahead.close()]);
  });

  test('topics that were made anew raise the epoch: everything is read again, and low offsets count', async () => {
    const topics = (id: string): ReadonlyMap<string, string> => new Map([['guide.steps.v1', id]]);
    const position = { topic: 'guide.steps.v1', partition: 0, nextOffset: 500n };
    const row = sessionRow({ sessionId: 'anew' });
    const before = await openScyllaViews(optionsFor(keyspace, { edition: 'anew', topicIds: topics('a') }));
    await before.apply(batchOf({ sessions: [row], offsets: new Map([[row, 499n]]), positions: [position] }));
    await before.close();
    const anew = await openScyllaViews(optionsFor(keyspace, { edition: 'anew', topicIds: topics('b') }));
    assert.deepEqual(await anew.positions(), []);
    const next = sessionRow({ sessionId: 'anew', revision: { ordinal: 7, timer: 0, final: true }, title: 'anew' });
    await anew.apply(batchOf({ sessions: [next], offsets: new Map([[next, 3n]]), positions: [{ ...position, nextOffset: 4n }] }));
    assert.deepEqual(await anew.positions(), [{ ...position, nextOffset: 4n }]);
    const shown = await anew.session('acme', 'anew');
    assert.equal(typeof shown === 'object' && shown.title, 'anew');
    await anew.close();
  });

  test('rows live as long as their tenant wants, titles are nowhere readable, and the position stands beside the rows', async () => {
    const briefSeconds = 3_600;
    const ttlSecondsOf = (tenantId: string): number => (tenantId === 'brief' ? briefSeconds : 0);
    const views = await openScyllaViews(optionsFor(keyspace, { edition: 'kept', ttlSecondsOf }));
    const position = { topic: 'guide.steps.v1', partition: 1, nextOffset: 12n };
    for (const tenantId of ['brief', 'long']) {
      const rows = {
        sessions: [sessionRow({ tenantId, title: 'Fallow deer' })],
        steps: [stepRow({ tenantId })],
        guides: [guideRow({ tenantId })],
      };
      await views.apply(batchOf({ ...rows, positions: [position] }));
    }
    const lives = async (table: string, tenantId: string): Promise<unknown[]> =>
      (
        await runCql(
          { address, keyspace },
          `SELECT TTL(body) AS ttl, body FROM ${table} WHERE tenant_id = '${tenantId}' ${place[table] ?? ''}`,
        )
      )
        .filter((row) => row['body'] !== null)
        .map((row) => {
          assert.equal(Buffer.isBuffer(row['body']) && row['body'].includes('Fallow'), false);
          return row['ttl'];
        });
    const place: Readonly<Record<string, string>> = {
      session_rows: "AND session_id = 's1'",
      session_list: "AND edition = 'kept' AND month = 24286",
      guide_list: "AND edition = 'kept' AND month = 24286",
    };
    for (const [table, count] of Object.entries({ session_rows: 3, session_list: 1, guide_list: 1 })) {
      const left = await lives(table, 'brief');
      assert.equal(left.length, count, table);
      // It counts down from when the rows were written.
      for (const seconds of left)
        assert.ok(Number(seconds) > briefSeconds - 300 && Number(seconds) <= briefSeconds, `${table}: ${seconds}`);
      assert.deepEqual(
        await lives(table, 'long'),
        Array.from({ length: count }, () => null),
        table,
      );
    }
    const [beside] = await runCql(
      { address, keyspace },
      "SELECT next_offset FROM session_rows WHERE tenant_id = 'long' AND session_id = 's1' AND edition = 'kept' AND kind = 2",
    );
    assert.equal(String(beside?.['next_offset']), '12');
    await views.close();
  });

  test('a row that the servers refuse is told apart from servers that are away', async () => {
    const views = await openScyllaViews(optionsFor(keyspace, { edition: 'large' }));
    const large = guideRow({ sessionId: 'large', title: 'x'.repeat(20 << 20) });
    await assert.rejects(
      views.apply(batchOf({ guides: [large] })),
      (error) => hasCode(error, 'VIEW_FAILED') && error.disposition === 'dead-letter',
    );
    await views.close();
  });

  test('a guide and a step that the servers refuse become a dead letter each, and everything else of their batch is shown (S3)', async () => {
    const options = optionsFor(keyspace, { edition: 'refused' });
    const sink = viewSink({ open: () => openScyllaViews(options), openDying: 'one-write', end: async () => {} });
    const bench = await createBench(sink);
    const sessionIds = ['r1', 'r2', 'r3', 'r4', 'r5'];
    const large = 'r3';
    // Longer than what a part of a key may be.
    const steps = ['first', 'x'.repeat(70_000), 'last'].map((stepId, order) => stepRow({ sessionId: 'r1', stepId, order }));
    const record = (topic: string, row: object) => ({ topic, value: Buffer.from(JSON.stringify(row)) });
    await bench.send([
      ...sessionIds.map((sessionId) => record('guide.sessions.v1', sessionRow({ sessionId }))),
      ...steps.map((step) => record('guide.steps.v1', step)),
      ...sessionIds.map((sessionId) => record('guide.finished.v1', guideRow({ sessionId }))),
    ]);
    const target = await sink.open();
    const decode: typeof target.decode = (topic, read) => {
      const row = target.decode(topic, read);
      // More than the log takes, and than the servers do.
      if (row?.type !== 'guide' || row.row.sessionId !== large) return row;
      return { type: 'guide', row: { ...row.row, summary: 'x'.repeat(20 << 20) } };
    };
    await bench.drain({ target: { ...target, decode } });
    assert.deepEqual(bench.letters.map(({ topic, offset, code }) => `${topic} ${offset} ${code}`).toSorted(), [
      `guide.finished.v1 ${sessionIds.indexOf(large)} VIEW_FAILED`,
      'guide.steps.v1 1 VIEW_FAILED',
    ]);
    const views = await openScyllaViews(options);
    for (const sessionId of sessionIds) {
      assert.deepEqual(await views.guide('acme', sessionId), sessionId === large ? undefined : guideRow({ sessionId }), sessionId);
      assert.equal(typeof (await views.session('acme', sessionId)), 'object');
    }
    const live = await views.liveSteps('acme', 'r1');
    assert.deepEqual(typeof live === 'object' && live.steps.map(({ stepId }) => stepId), ['first', 'last']);
    const read = (await views.positions())
      .filter(({ nextOffset }) => nextOffset > 0n)
      .map(({ topic, nextOffset }) => `${topic} ${nextOffset}`);
    assert.deepEqual(read.toSorted(), ['guide.finished.v1 5', 'guide.sessions.v1 5', 'guide.steps.v1 3']);
    await views.close();
    await bench.log.close();
  });
});
