import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { hasCode } from '../../../topology/base/errors.ts';
import { batchOf, sessionRow } from '../../contracts/view-fixtures.ts';
import { livePartitionOf, viewsContract } from '../../contracts/views-contract.ts';
import { openEmbeddedViews } from './embedded-views.ts';

async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'stepwright-views-'));
}

viewsContract(
  'embedded',
  async () => {
    const folder = await temporaryFolder();
    return { open: () => openEmbeddedViews({ folder, livePartitionOf }), end: () => rm(folder, { recursive: true }) };
  },
  { keepsState: true },
);

it('refuses a folder that is in use, by a code and with the way out', async () => {
  const folder = await temporaryFolder();
  const views = await openEmbeddedViews({ folder, livePartitionOf });
  await assert.rejects(
    openEmbeddedViews({ folder, livePartitionOf }),
    (error) => hasCode(error, 'VIEW_LOCKED') && /another data folder/.test(error.message),
  );
  await views.close();
  await rm(folder, { recursive: true });
});

it('says VIEW_CORRUPT and how to rebuild when a file is damaged', async () => {
  const folder = await temporaryFolder();
  const views = await openEmbeddedViews({ folder, livePartitionOf });
  await views.apply(batchOf({ sessions: [sessionRow()] }));
  await views.close();
  const manifest = (await readdir(folder)).find((name) => name.startsWith('MANIFEST')) ?? '';
  const bytes = await readFile(join(folder, manifest));
  await writeFile(join(folder, manifest), bytes.fill(7));
  await assert.rejects(
    openEmbeddedViews({ folder, livePartitionOf }),
    (error) => hasCode(error, 'VIEW_CORRUPT') && /rebuilt from the topics/.test(error.message),
  );
  await rm(folder, { recursive: true });
  const rebuilt = await openEmbeddedViews({ folder, livePartitionOf });
  assert.deepEqual(await rebuilt.positions(), []);
  await rebuilt.close();
  await rm(folder, { recursive: true });
});

it('closes twice without harm', async () => {
  const folder = await temporaryFolder();
  const views = await openEmbeddedViews({ folder, livePartitionOf });
  await views.close();
  await views.close();
  await rm(folder, { recursive: true });
});
