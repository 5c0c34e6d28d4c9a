import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { hasCode } from '../../base/errors.ts';
import { first, output, produce, readTexts } from '../contract/contract-kit.ts';
import { openEmbeddedLog } from './embedded-log.ts';
import { findDamage } from './wal-check.ts';

const recordCount = 200;

/** What a dead process leaves behind: a copy of the directory of a log that is still open. */
async function crashedDirectory(t: TestContext): Promise<{ readonly directory: string; readonly walPath: string }> {
  const root = await mkdtemp(join(tmpdir(), 'stepwright-wal-'));
  const log = await openEmbeddedLog({ directory: join(root, 'live') });
  t.after(async () => {
    await log.close();
    await rm(root, { recursive: true, force: true });
  });
  await log.createTopics([{ name: 'events', partitionCount: 1 }]);
  for (let index = 0; index < recordCount; index++) await produce(log, [output(`${index}`.padEnd(500))]);
  const directory = join(root, 'crashed');
  await cp(join(root, 'live'), directory, { recursive: true });
  const database = join(directory, 'db');
  const names = (await readdir(database)).filter((name) => name.endsWith('.log'));
  assert.equal(names.length, 1);
  return { directory, walPath: join(database, names[0] ?? '') };
}

async function readBack(directory: string): Promise<number> {
  const log = await openEmbeddedLog({ directory });
  const count = (await readTexts(log, first)).length;
  await log.close();
  return count;
}

test('a sound WAL of a dead process is replayed whole', async (t) => {
  const { directory, walPath } = await crashedDirectory(t);
  assert.equal(findDamage(await readFile(walPath)), undefined);
  assert.equal(await readBack(directory), recordCount);
});

test('a WAL that ends inside a record loses that record only', async (t) => {
  const { directory, walPath } = await crashedDirectory(t);
  const bytes = await readFile(walPath);
  await writeFile(walPath, bytes.subarray(0, bytes.length - 100));
  assert.equal(await readBack(directory), recordCount - 1);
});

test('a WAL whose end was never written down loses its end only', async (t) => {
  const { directory, walPath } = await crashedDirectory(t);
  const bytes = await readFile(walPath);
  await writeFile(walPath, bytes.fill(0, bytes.length - 5000));
  const count = await readBack(directory);
  assert.ok(count >= recordCount - 20 && count < recordCount, `${count}`);
});

test('a WAL that is damaged before records that were acked is refused instead of cut off', async (t) => {
  const { directory, walPath } = await crashedDirectory(t);
  const bytes = await readFile(walPath);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  await writeFile(walPath, bytes);
  await assert.rejects(
    openEmbeddedLog({ directory }),
    (error) => hasCode(error, 'LOG_CORRUPT') && /damaged at byte \d+/.test(error.message),
  );
});

test('a damaged length field does not hide the damage', async (t) => {
  const { walPath } = await crashedDirectory(t);
  const bytes = await readFile(walPath);
  bytes.writeUInt16LE(0xffff, 4);
  assert.equal(findDamage(bytes), 0);
});
