import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { WalSync } from './wal-sync.ts';

interface Rig {
  readonly directory: string;
  readonly wal: WalSync;
  readonly synced: string[];
  /** Ends the sync of one path. */
  readonly releases: (() => void)[];
  writeCount: number;
}

async function rig(t: { after(fn: () => Promise<void>): void }): Promise<Rig> {
  const directory = await mkdtemp(join(tmpdir(), 'stepwright-wal-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  for (const name of ['000004.log', '000007.log', '000005.sst', 'LOCK']) await writeFile(join(directory, name), '');
  const synced: string[] = [];
  const releases: (() => void)[] = [];
  const syncPath = (path: string): Promise<void> => {
    synced.push(path === directory ? 'directory' : basename(path));
    return new Promise((resolve) => releases.push(resolve));
  };
  const state: { writeCount: number } = { writeCount: 1 };
  const wal = new WalSync({ directory, writeCount: () => state.writeCount, syncPath });
  return Object.assign(state, { directory, wal, synced, releases });
}

async function releaseAll({ releases }: Rig, done: Promise<unknown>): Promise<void> {
  let isDone = false;
  void done.then(() => (isDone = true));
  while (!isDone) {
    releases.shift()?.();
    await new Promise(setImmediate);
  }
}

test('a sync covers every WAL file and the directory, and nothing else', async (t) => {
  const rigged = await rig(t);
  await releaseAll(rigged, rigged.wal.sync());
  assert.deepEqual(
    rigged.synced.sort((a, b) => (a < b ? -1 : 1)),
    ['000004.log', '000007.log', 'directory'],
  );
});

test('without new writes there is nothing to sync', async (t) => {
  const rigged = await rig(t);
  await releaseAll(rigged, rigged.wal.sync());
  const before = rigged.synced.length;
  await rigged.wal.sync();
  assert.equal(rigged.synced.length, before);
});

test('calls during a sync share the next one, because the running one may have missed their bytes', async (t) => {
  const rigged = await rig(t);
  const running = rigged.wal.sync();
  rigged.writeCount = 2;
  const later = [rigged.wal.sync(), rigged.wal.sync(), rigged.wal.sync()];
  await releaseAll(rigged, running);
  await releaseAll(rigged, Promise.all(later));
  assert.equal(rigged.synced.filter((name) => name === 'directory').length, 2);
});

test('a failed sync stays failed, because the pages may be gone', async (t) => {
  const { directory } = await rig(t);
  let failures = 1;
  const syncPath = async (): Promise<void> => {
    if (failures-- > 0) throw new Error('EIO');
  };
  const wal = new WalSync({ directory, writeCount: () => 1, syncPath });
  const running = wal.sync();
  const later = wal.sync();
  await assert.rejects(running, /EIO/);
  await assert.rejects(later, /EIO/);
  await assert.rejects(wal.sync(), /EIO/);
});
