import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import fc from 'fast-check';
import { batchOf, guideRow, sessionRow, stepRow } from '../../contracts/view-fixtures.ts';
import { livePartitionOf } from '../../contracts/views-contract.ts';
import type { Views } from '../../contracts/views-contract.ts';
import { MemoryViews } from '../../memory/memory-views.ts';
import { openEmbeddedViews } from './embedded-views.ts';

const tenants = ['acme', 'acme2'];
const sessions = ['s1', 's2', 's10'];

const place = { tenantId: fc.constantFrom(...tenants), sessionId: fc.constantFrom(...sessions) };
const revisions = fc.record({ ordinal: fc.nat(5), timer: fc.nat(1), final: fc.boolean() }, { noNullPrototype: true });
const titles = fc.string({ maxLength: 6 });
const change = fc.oneof(
  fc.record({ ...place, revision: revisions, title: titles, openedAtMs: fc.nat(3) }).map((row) => batchOf({ sessions: [sessionRow(row)] })),
  fc
    .record({ ...place, revision: revisions, title: titles, stepId: fc.constantFrom('a', 'b'), state: fc.constantFrom('final', 'removed') })
    .map((row) => batchOf({ steps: [stepRow({ ...row, order: row.stepId === 'a' ? 1 : 2 })] })),
  fc.record({ ...place, revision: revisions, title: titles }).map((row) => batchOf({ guides: [guideRow(row)] })),
  fc.record(place).map((forgotten) => ({ forgotten })),
);

async function everything(views: Views): Promise<unknown> {
  const found: unknown[] = [];
  for (const tenantId of tenants) {
    found.push(await views.listSessions(tenantId, { limitCount: 100 }), await views.listGuides(tenantId, { limitCount: 100 }));
    for (const sessionId of sessions) found.push(await views.liveSteps(tenantId, sessionId), await views.guide(tenantId, sessionId));
  }
  return found;
}

it('shows what the memory views show, after any batches in any order, with forgetting in between', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 25 }), async (changes) => {
      const folder = await mkdtemp(join(tmpdir(), 'stepwright-views-'));
      const embedded = await openEmbeddedViews({ folder, livePartitionOf });
      const memory = new MemoryViews(livePartitionOf);
      try {
        for (const next of changes) {
          for (const views of [embedded, memory]) {
            if ('forgotten' in next) await views.forget(next.forgotten.tenantId, next.forgotten.sessionId);
            else await views.apply(next);
          }
        }
        assert.deepEqual(await everything(embedded), await everything(memory));
      } finally {
        await embedded.close();
        await rm(folder, { recursive: true });
      }
    }),
    { numRuns: 60 },
  );
});
