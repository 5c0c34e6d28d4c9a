import assert from 'node:assert/strict';
import * as promises from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { createSystemClock } from '../../../topology/base/clock.ts';
import { hasCode } from '../../../topology/base/errors.ts';
import { objectStoreContract } from '../../contracts/object-store-contract.ts';
import type { FileSystem } from './durable-files.ts';
import { openFolderObjectStore } from './folder-object-store.ts';

const clock = createSystemClock();

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await promises.mkdtemp(join(tmpdir(), 'stepwright-objects-'));
  try {
    await body(folder);
  } finally {
    await promises.rm(folder, { recursive: true });
  }
}

objectStoreContract('folder', async () => {
  const folder = await promises.mkdtemp(join(tmpdir(), 'stepwright-objects-'));
  return { store: await openFolderObjectStore({ folder, clock }), close: () => promises.rm(folder, { recursive: true }) };
});

it('keeps everything over a restart', () =>
  withFolder(async (folder) => {
    const first = await openFolderObjectStore({ folder, clock });
    await first.put('a/current', Buffer.from('7'), { contentType: 'text/plain', position: 7n });
    const second = await openFolderObjectStore({ folder, clock });
    assert.equal(await second.put('a/current', Buffer.from('6'), { contentType: 'text/plain', position: 6n }), false);
    assert.equal((await second.get('a/current'))?.toString(), '7');
  }));

it('shows documents under their own names, so that a person can open them', () =>
  withFolder(async (folder) => {
    const store = await openFolderObjectStore({ folder, clock });
    await store.put('guides/acme/s1/guide.html', Buffer.from('<p>'), { contentType: 'text/html; charset=utf-8' });
    assert.equal((await promises.readFile(join(folder, 'objects/guides/acme/s1/guide.html'))).toString(), '<p>');
  }));

it('deletes old half-written files of a crash when it opens, and leaves young ones', () =>
  withFolder(async (folder) => {
    await openFolderObjectStore({ folder, clock });
    const [old, young] = [join(folder, 'incoming', 'old.tmp'), join(folder, 'incoming', 'young.tmp')];
    await promises.writeFile(old, 'x');
    await promises.writeFile(young, 'x');
    const hourAgo = new Date(clock.nowMs() - 3_700_000);
    await promises.utimes(old, hourAgo, hourAgo);
    await openFolderObjectStore({ folder, clock });
    assert.deepEqual(await promises.readdir(join(folder, 'incoming')), ['young.tmp']);
  }));

it('says OBJECT_STORE_FULL when the disk is full, keeps the old object and leaves no temporary file', () =>
  withFolder(async (folder) => {
    let full = false;
    const files: FileSystem = {
      ...promises,
      open: async (path, flags, mode) => {
        const handle = await promises.open(path, flags, mode);
        if (full && flags === 'w') handle.writeFile = () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
        return handle;
      },
    };
    const store = await openFolderObjectStore({ folder, clock, files });
    await store.put('a/doc.json', Buffer.from('old'), { contentType: 'application/json' });
    full = true;
    await assert.rejects(
      store.put('a/doc.json', Buffer.from('new'), { contentType: 'application/json' }),
      (error) => hasCode(error, 'OBJECT_STORE_FULL') && error.disposition === 'retry',
    );
    assert.equal((await store.get('a/doc.json'))?.toString(), 'old');
    assert.deepEqual(await promises.readdir(join(folder, 'incoming')), []);
    full = false;
    assert.equal(await store.put('a/doc.json', Buffer.from('new'), { contentType: 'application/json' }), true);
  }));

it('syncs the bytes before the name and the folder after it', () =>
  withFolder(async (folder) => {
    const order: string[] = [];
    const files: FileSystem = {
      ...promises,
      open: async (path, flags, mode) => {
        const handle = await promises.open(path, flags, mode);
        const sync = handle.sync.bind(handle);
        handle.sync = async () => {
          order.push(flags === 'w' ? 'sync bytes' : 'sync folder');
          await sync();
        };
        return handle;
      },
      rename: async (from, to) => {
        order.push('rename');
        await promises.rename(from, to);
      },
    };
    const store = await openFolderObjectStore({ folder, clock, files });
    await store.put('a/one', Buffer.from('1'), { contentType: 'text/plain' });
    order.length = 0;
    await store.put('a/two', Buffer.from('2'), { contentType: 'text/plain' });
    assert.deepEqual(order, ['sync bytes', 'rename', 'sync folder']);
  }));

it('compares and replaces a pointer in one step, also when another process writes it at the same moment', () =>
  withFolder(async (folder) => {
    let reachedRename = (): void => {};
    let sawLock = (): void => {};
    let goOn = (): void => {};
    const [atRename, locked, mayRename] = [
      new Promise<void>((resolve) => (reachedRename = resolve)),
      new Promise<void>((resolve) => (sawLock = resolve)),
      new Promise<void>((resolve) => (goOn = resolve)),
    ];
    const slowFiles: FileSystem = {
      ...promises,
      rename: async (from, to) => {
        reachedRename();
        await mayRename;
        await promises.rename(from, to);
      },
    };
    const watchedFiles: FileSystem = {
      ...promises,
      open: async (path, flags, mode) => {
        if (flags === 'wx') sawLock();
        return promises.open(path, flags, mode);
      },
    };
    const slow = await openFolderObjectStore({ folder, clock, files: slowFiles });
    const other = await openFolderObjectStore({ folder, clock, files: watchedFiles });
    const older = slow.put('a/current', Buffer.from('5'), { contentType: 'text/plain', position: 5n });
    await atRename;
    const newer = other.put('a/current', Buffer.from('10'), { contentType: 'text/plain', position: 10n });
    // Without a lock the newer one would stand by now, and be replaced by the older.
    await Promise.race([locked, newer]);
    goOn();
    await Promise.all([older, newer]);
    assert.equal((await other.get('a/current'))?.toString(), '10');
  }));

it('takes over the lock of a process that died while it wrote a pointer', () =>
  withFolder(async (folder) => {
    let reachedRename = (): void => {};
    const atRename = new Promise<void>((resolve) => (reachedRename = resolve));
    const crashing: FileSystem = {
      ...promises,
      rename: () => {
        reachedRename();
        return new Promise(() => {});
      },
    };
    const dead = await openFolderObjectStore({ folder, clock, files: crashing });
    void dead.put('a/current', Buffer.from('5'), { contentType: 'text/plain', position: 5n });
    await atRename;
    const incoming = join(folder, 'incoming');
    const lock = (await promises.readdir(incoming)).find((name) => name.endsWith('.lock')) ?? '';
    const before = new Date(clock.nowMs() - 20_000);
    await promises.utimes(join(incoming, lock), before, before);
    const alive = await openFolderObjectStore({ folder, clock });
    assert.equal(await alive.put('a/current', Buffer.from('6'), { contentType: 'text/plain', position: 6n }), true);
    assert.equal((await alive.get('a/current'))?.toString(), '6');
  }));
