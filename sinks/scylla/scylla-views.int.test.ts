import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { sinkContract } from '../contracts/sink-contract.ts';
import { viewSamples, viewSink } from '../contracts/view-samples.ts';
import { batchOf, guideRow, sessionRow, stepRow } from '../contracts/view-fixtures.ts';
import { livePartitionOf, viewsContract, type Views } from '../contracts/views-contract.ts';
import { MemoryViews } from '../memory/memory-views.ts';
import type { Routing } from './scylla-options.ts';
import { openScyllaViews } from './scylla-views.ts';
import { ObservedRouting } from './test-support/observed-routing.ts';
import { ownTenants } from './test-support/own-tenants.ts';
import { dataCenter, findTestServer, newKeyspace } from './test-support/test-server.ts';

const server = await findTestServer(process.env['STEPWRIGHT_TEST_CQL']);
const skip = 'skipReason' in server ? { skip: server.skipReason } : {};
const contactPoints = 'address' in server ? [server.address] : [];
const keyspace = newKeyspace();
const clock = createSystemClock({ keepsAlive: true });
const keyring = createMemoryKeyring('views');

/** One keyspace for the file; each test has tenants and an edition of its own. */
function viewsOf(id: string, routing = (usual: Routing): Routing => usual): Promise<Views> {
  const options = { contactPoints, localDataCenter: dataCenter, keyspace, replicationFactor: 1, clock, keyring, routing };
  const prefix = `${id}-`;
  const partitionOf = (tenantId: string): ReturnType<typeof livePartitionOf> => livePartitionOf(tenantId.slice(prefix.length));
  return openScyllaViews({ ...options, edition: id, livePartitionOf: partitionOf }).then((views) => ownTenants(views, prefix));
}

async function dyingViews(id: string, doneCount: number): Promise<Views> {
  const routings: ObservedRouting[] = [];
  const views = await viewsOf(id, (usual) => {
    const routing = new ObservedRouting(usual);
    routings.push(routing);
    return routing;
  });
  for (const routing of routings) routing.dieAfter(doneCount);
  return views;
}

const newId = (): string => randomBytes(4).toString('hex');
const nothingToDelete = async (): Promise<void> => {};

describe('on a CQL server', skip, () => {
  before(async () => (await viewsOf('first')).close());
  viewsContract(
    'scylla',
    async () => {
      const id = newId();
      return { open: () => viewsOf(id), end: nothingToDelete };
    },
    { keepsState: true },
  );
  sinkContract(
    'scylla views',
    async () => {
      const id = newId();
      return viewSink({ open: () => viewsOf(id), openDying: (doneCount) => dyingViews(id, doneCount), end: nothingToDelete });
    },
    async () => viewSamples,
  );

  it('pages through months without a gap, ends a page after twelve that are empty of matches, and goes on from there', async () => {
    const views = await viewsOf(newId());
    const sessions = Array.from({ length: 30 }, (_value, index) =>
      sessionRow({ sessionId: `s${index}`, title: index === 29 ? 'the oldest' : 'another', openedAtMs: Date.UTC(2024, -index, 15) }),
    );
    await views.apply(batchOf({ sessions }));
    const all = async (query?: string): Promise<readonly (readonly string[])[]> => {
      const pages: string[][] = [];
      let cursor: string | undefined;
      do {
        const request = { limitCount: 7, ...(cursor !== undefined && { cursor }), ...(query !== undefined && { query }) };
        const page = await views.listSessions('acme', request);
        pages.push(page.rows.map(({ sessionId }) => sessionId));
        cursor = page.cursor;
      } while (cursor !== undefined);
      return pages;
    };
    assert.deepEqual(
      (await all()).flat(),
      sessions.map(({ sessionId }) => sessionId),
    );
    assert.deepEqual(await all('oldest'), [[], [], ['s29']]);
    await views.close();
  });

  it('shows what the memory views show, after any changes in any order, with a restart and forgetting in between', async () => {
    const at = {
      sessionId: fc.constantFrom('s1', 's2'),
      revision: fc.record({ ordinal: fc.nat(4), timer: fc.nat(1), final: fc.boolean() }, { noNullPrototype: true }),
      title: fc.string({ maxLength: 5 }),
    };
    const change = fc.oneof(
      fc.record({ type: fc.constant('session' as const), ...at, openedAtMs: fc.nat(3) }),
      fc.record({
        type: fc.constant('step' as const),
        ...at,
        stepId: fc.constantFrom('a', 'b'),
        state: fc.constantFrom('final' as const, 'removed' as const),
      }),
      fc.record({ type: fc.constant('guide' as const), ...at }),
      fc.record({ type: fc.constantFrom('forget' as const, 'restart' as const), ...at }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 5, maxLength: 20 }), async (changes) => {
        const [id, memory] = [newId(), new MemoryViews(livePartitionOf)];
        let views = await viewsOf(id);
        for (const { type, ...row } of changes) {
          if (type === 'restart') {
            await views.close();
            views = await viewsOf(id);
          }
          for (const each of [views, memory]) {
            if (type === 'forget') await each.forget('acme', row.sessionId);
            if (type === 'session') await each.apply(batchOf({ sessions: [sessionRow(row)] }));
            if (type === 'step') await each.apply(batchOf({ steps: [stepRow(row)] }));
            if (type === 'guide') await each.apply(batchOf({ guides: [guideRow(row)] }));
          }
        }
        assert.deepEqual(await everything(views), await everything(memory));
        await views.close();
      }),
      { numRuns: 12 },
    );
  });
});

async function everything(views: Views): Promise<unknown> {
  const found: unknown[] = [await views.listSessions('acme', { limitCount: 9 })];
  for (const sessionId of ['s1', 's2']) {
    const live = await views.liveSteps('acme', sessionId);
    const steps = typeof live === 'object' ? { ...live, steps: [...live.steps].sort((a, b) => (a.stepId < b.stepId ? -1 : 1)) } : live;
    found.push(steps, await views.guide('acme', sessionId));
  }
  // A guide whose session is not known yet is in no list here, and at time 0 in the memory views.
  const known = await Promise.all(
    (await views.listGuides('acme', { limitCount: 9 })).rows.map(async (row) => ({
      row,
      session: await views.session('acme', row.sessionId),
    })),
  );
  found.push(known.flatMap(({ row, session }) => (session === undefined ? [] : row)));
  return found;
}
