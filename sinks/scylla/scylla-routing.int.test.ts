import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { policies } from 'cassandra-driver';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { batchOf, guideRow, sessionRow, stepRow } from '../contracts/view-fixtures.ts';
import { livePartitionOf, type Views } from '../contracts/views-contract.ts';
import { openScyllaViews } from './scylla-views.ts';
import { monthOf } from './statements.ts';
import { ObservedRouting } from './test-support/observed-routing.ts';
import { dataCenter, findTestServer, newKeyspace, runCql } from './test-support/test-server.ts';

const keyspace = newKeyspace();
// Before a server of this file's own is started, since that registers its end: hooks run in order.
after(async () => {
  if (address !== '') await runCql({ address }, `DROP KEYSPACE IF EXISTS ${keyspace}`);
});
const server = await findTestServer(process.env['STEPWRIGHT_TEST_CQL']);
const skip = 'skipReason' in server ? { skip: server.skipReason } : {};
const address = 'address' in server ? server.address : '';

const openedAtMs = Date.UTC(2025, 4, 6);
const month = String(monthOf(openedAtMs));
const rows = {
  sessions: [sessionRow({ openedAtMs })],
  steps: [stepRow(), stepRow({ stepId: 'step-2', order: 2 })],
  guides: [guideRow()],
  positions: [{ topic: 'guide.steps.v1', partition: 0, nextOffset: 5n }],
};

/** Everything that the views are asked, with the partitions that it takes: those of the session, of a month of a list, of the months, of the positions. */
const session = 'acme/s1';
const months = 'acme/routed';
const list = `acme/routed/${month}`;
const positions = 'routed';
const requests: readonly (readonly [name: string, request: (views: Views) => Promise<unknown>, partitions: readonly string[]])[] = [
  ['apply', (views) => views.apply(batchOf(rows)), [session, months, list, positions]],
  ['positions', (views) => views.positions(), [positions]],
  ['session', (views) => views.session('acme', 's1'), [session]],
  ['guide', (views) => views.guide('acme', 's1'), [session]],
  ['live steps', (views) => views.liveSteps('acme', 's1'), [positions, session]],
  ['a page of sessions', (views) => views.listSessions('acme', { limitCount: 5 }), [months, list]],
  ['a page of guides', (views) => views.listGuides('acme', { limitCount: 5 }), [months, list]],
  ['forget', (views) => views.forget('acme', 's1'), [session, list]],
];

describe('requests on their way', skip, () => {
  test('each names the one partition that it is about, so that a node of that partition is asked first', async () => {
    const routings: ObservedRouting[] = [];
    const views = await openScyllaViews({
      contactPoints: [address],
      localDataCenter: dataCenter,
      keyspace,
      replicationFactor: 1,
      edition: 'routed',
      livePartitionOf,
      keyring: createMemoryKeyring('views'),
      clock: createSystemClock({ keepsAlive: true }),
      routing: (usual) => {
        const routing = new ObservedRouting(usual);
        routings.push(routing);
        return routing;
      },
    });
    for (const [name, request, partitions] of requests) {
      for (const { keys } of routings) keys.length = 0;
      await request(views);
      const asked = routings.flatMap(({ keys }) => keys.map((key) => (key === undefined ? 'any node' : partitionOf(key))));
      assert.deepEqual([...new Set(asked)].toSorted(), partitions.toSorted(), name);
    }
    await views.close();
    // What makes use of the key, and of the nodes of the local data centre only.
    for (const { usual } of routings) {
      assert.ok(usual instanceof policies.loadBalancing.TokenAwarePolicy);
      assert.deepEqual(Object.fromEntries(usual.getOptions()), {
        childPolicy: 'DCAwareRoundRobinPolicy',
        localDataCenter: dataCenter,
      });
    }
  });
});

/** Reads a partition key as nodes hash it: of several columns each is its length in two bytes, its bytes and a zero. */
function partitionOf(key: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 2 < key.length;) {
    const end = at + 2 + key.readUInt16BE(at);
    if (key[end] !== 0) return key.toString();
    parts.push(key.subarray(at + 2, end));
    at = end + 1;
  }
  return parts.map((part) => (part[0] === 0 ? String(part.readInt32BE(0)) : part.toString())).join('/');
}
