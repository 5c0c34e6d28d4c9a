import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import fc from 'fast-check';
import { createMemoryKeyring } from '../../../processors/ports/memory-keyring.ts';
import { batchOf, guideRow, sessionRow, stepRow } from '../../contracts/view-fixtures.ts';
import { livePartitionOf } from '../../contracts/views-contract.ts';
import type { Views } from '../../contracts/views-contract.ts';
import { MemoryViews } from '../../memory/memory-views.ts';
import { openEmbeddedViews } from './embedded-views.ts';

const keyring = createMemoryKeyring('views');
const sessions = ['s1', 's2', 's10'];

/** Two tenants of one run, one name the beginning of the other; each run has its own on one database. */
const tenantsOf = (run: number): readonly [string, string] => [`acme-${run}`, `acme-${run}.b`];

const place = { isOther: fc.boolean(), sessionId: fc.constantFrom(...sessions) };
const revisions = fc.record({ ordinal: fc.nat(5), timer: fc.nat(1), final: fc.boolean() }, { noNullPrototype: true });
const titles = fc.string({ maxLength: 6 });
const change = fc.oneof(
  fc.record({ ...place, type: fc.constant('session' as const), revision: revisions, title: titles, openedAtMs: fc.nat(3) }),
  fc.record({
    ...place,
    type: fc.constant('step' as const),
    revision: revisions,
    title: titles,
    stepId: fc.constantFrom('a', 'b'),
    state: fc.constantFrom('final' as const, 'removed' as const),
  }),
  fc.record({ ...place, type: fc.constant('guide' as const), revision: revisions, title: titles }),
  fc.record({ ...place, type: fc.constant('forget' as const) }),
);
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

async function make(views: Views, next: Change, tenantId: string): Promise<void> {
  const { isOther: _isOther, ...row } = { ...next, tenantId };
  if (row.type === 'forget') await views.forget(tenantId, row.sessionId);
  else if (row.type === 'session') await views.apply(batchOf({ sessions: [sessionRow(withoutType(row))] }));
  else if (row.type === 'guide') await views.apply(batchOf({ guides: [guideRow(withoutType(row))] }));
  else await views.apply(batchOf({ steps: [stepRow({ ...withoutType(row), order: row.stepId === 'a' ? 1 : 2 })] }));
}

function withoutType<Row extends { readonly type: string }>({ type: _type, ...rest }: Row): Omit<Row, 'type'> {
  return rest;
}

async function everything(views: Views, tenants: readonly string[]): Promise<unknown> {
  const found: unknown[] = [];
  for (const tenantId of tenants) {
    found.push(await views.listSessions(tenantId, { limitCount: 100 }), await views.listGuides(tenantId, { limitCount: 100 }));
    for (const sessionId of sessions) found.push(await views.liveSteps(tenantId, sessionId), await views.guide(tenantId, sessionId));
  }
  return found;
}

it('shows what the memory views show, after any changes in any order, with forgetting in between', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stepwright-views-'));
  const embedded = await openEmbeddedViews({ folder, livePartitionOf, keyring });
  let run = 0;
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 25 }), async (changes) => {
        const memory = new MemoryViews(livePartitionOf);
        const tenants = tenantsOf(run++);
        for (const next of changes) {
          for (const views of [embedded, memory]) await make(views, next, tenants[next.isOther ? 1 : 0]);
        }
        assert.deepEqual(await everything(embedded, tenants), await everything(memory, tenants));
      }),
      { numRuns: 200 },
    );
  } finally {
    await embedded.close();
    await rm(folder, { recursive: true });
  }
});
