import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { createMemoryKeyring } from '../../../processors/ports/memory-keyring.ts';
import { hasCode } from '../../../topology/base/errors.ts';
import { batchOf, guideRow, sessionRow, stepRow } from '../../contracts/view-fixtures.ts';
import { sinkContract } from '../../contracts/sink-contract.ts';
import { viewSamples, viewSink } from '../../contracts/view-samples.ts';
import { livePartitionOf, viewsContract } from '../../contracts/views-contract.ts';
import { openEmbeddedViews } from './embedded-views.ts';

const keyring = createMemoryKeyring('views');

async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'stepwright-views-'));
}

viewsContract(
  'embedded',
  async () => {
    const folder = await temporaryFolder();
    return { open: () => openEmbeddedViews({ folder, livePartitionOf, keyring }), end: () => rm(folder, { recursive: true }) };
  },
  { keepsState: true },
);

sinkContract(
  'embedded views',
  async () => {
    const folder = await temporaryFolder();
    return viewSink({
      open: () => openEmbeddedViews({ folder, livePartitionOf, keyring }),
      openDying: 'one-write',
      end: () => rm(folder, { recursive: true }),
    });
  },
  async () => viewSamples,
);

it('refuses a folder that is in use, by a code and with the way out', async () => {
  const folder = await temporaryFolder();
  const views = await openEmbeddedViews({ folder, livePartitionOf, keyring });
  await assert.rejects(
    openEmbeddedViews({ folder, livePartitionOf, keyring }),
    (error) => hasCode(error, 'VIEW_LOCKED') && /another data folder/.test(error.message),
  );
  await views.close();
  await rm(folder, { recursive: true });
});

it('says VIEW_CORRUPT and how to rebuild when a file is damaged', async () => {
  const folder = await temporaryFolder();
  const views = await openEmbeddedViews({ folder, livePartitionOf, keyring });
  await views.apply(batchOf({ sessions: [sessionRow()] }));
  await views.close();
  const manifest = (await readdir(folder)).find((name) => name.startsWith('MANIFEST')) ?? '';
  const bytes = await readFile(join(folder, manifest));
  await writeFile(join(folder, manifest), bytes.fill(7));
  await assert.rejects(
    openEmbeddedViews({ folder, livePartitionOf, keyring }),
    (error) => hasCode(error, 'VIEW_CORRUPT') && /rebuilt from the topics/.test(error.message),
  );
  await rm(folder, { recursive: true });
  const rebuilt = await openEmbeddedViews({ folder, livePartitionOf, keyring });
  assert.deepEqual(await rebuilt.positions(), []);
  await rebuilt.close();
  await rm(folder, { recursive: true });
});

it('closes twice without harm', async () => {
  const folder = await temporaryFolder();
  const views = await openEmbeddedViews({ folder, livePartitionOf, keyring });
  await views.close();
  await views.close();
  await rm(folder, { recursive: true });
});

it('shows nothing of a session whose key was destroyed, finds its rows by key, and leaves no bytes that open', async () => {
  const folder = await temporaryFolder();
  const keyring = createMemoryKeyring('forgetting');
  const views = await openEmbeddedViews({ folder, livePartitionOf, keyring });
  const { tenantId, sessionId } = sessionRow();
  const rows = { sessions: [sessionRow({ title: 'Fallow deer' })], steps: [stepRow()], guides: [guideRow()] };
  await views.apply(batchOf(rows));
  await keyring.destroy(`${tenantId}/${sessionId}`);
  assert.deepEqual((await views.listSessions(tenantId, { limitCount: 5 })).rows, []);
  assert.equal(await views.forget(tenantId, sessionId), 3);
  await views.apply(batchOf(rows));
  assert.equal(await views.session(tenantId, sessionId), 'gone');
  await views.close();
  const files = await readdir(folder);
  const bytes = Buffer.concat(await Promise.all(files.map((name) => readFile(join(folder, name)))));
  assert.ok(bytes.includes(sessionId), 'the scan would find plain bytes: ids are plain');
  assert.equal(bytes.includes('Fallow deer'), false);
  await rm(folder, { recursive: true });
});

it('lets others run between the parts of a long search', async () => {
  const folder = await temporaryFolder();
  const views = await openEmbeddedViews({ folder, livePartitionOf, keyring });
  const sessions = Array.from({ length: 600 }, (_, index) => sessionRow({ sessionId: `s${index}`, openedAtMs: index }));
  await views.apply(batchOf({ sessions }));
  let hadTurn = false;
  setImmediate(() => (hadTurn = true));
  const found = await views.listSessions('acme', { limitCount: 50, query: 'nowhere' });
  assert.deepEqual([found.rows, hadTurn], [[], true]);
  await views.close();
  await rm(folder, { recursive: true });
});
