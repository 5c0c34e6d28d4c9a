import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { currentProcess } from '../../state/directory/process-identity.ts';
import { createProfileFolder, sweepProfileFolders } from './profile-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'stepwright-profile-'));
after(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
function freshParent(): string {
  const path = join(root, String(count++));
  mkdirSync(path);
  return path;
}
/** Above the largest pid that Linux or macOS give out. */
const deadPid = 2 ** 22 + 1;

/** A folder as a recording leaves it, with `owner` as its lock file. */
function leave(parent: string, pid: number, owner: string | undefined): string {
  const path = join(parent, `stepwright-record-${pid}-AbC123`);
  mkdirSync(join(path, 'profile'), { recursive: true });
  writeFileSync(join(path, 'profile', 'Cookies'), 'session=1');
  if (owner !== undefined) writeFileSync(join(path, 'owner.lock'), owner);
  return path;
}

const ownerOf = (fields: object): string => JSON.stringify({ ...currentProcess(), token: 'other', ...fields });

test('a profile folder is named after its process, is for its user only, and goes with all that is in it', () => {
  const parent = freshParent();
  const folder = createProfileFolder(parent);
  assert.match(readdirSync(parent).join(), new RegExp(`^stepwright-record-${process.pid}-\\w+$`));
  assert.equal(statSync(folder.path).mode & 0o777, process.platform === 'win32' ? 0o666 : 0o700);
  writeFileSync(join(folder.path, 'Cookies'), 'session=1');
  folder.remove();
  folder.remove();
  assert.deepEqual(readdirSync(parent), []);
});

test('the folder of a process that is gone is swept, with its owner written or not; the folder of a living one stays', () => {
  const parent = freshParent();
  const mine = createProfileFolder(parent);
  leave(parent, deadPid, ownerOf({ pid: deadPid }));
  leave(parent, deadPid + 1, undefined);
  leave(parent, deadPid + 2, '{"pid":');
  const born = leave(parent, process.pid, undefined);
  sweepProfileFolders(parent);
  assert.deepEqual(new Set(readdirSync(parent).map((name) => join(parent, name))), new Set([mine.path, born]));
});

test('a folder whose pid was given to another process is swept', { skip: process.platform !== 'linux' && 'needs proc(5)' }, () => {
  const parent = freshParent();
  leave(parent, process.pid, ownerOf({ startTicks: '1' }));
  sweepProfileFolders(parent);
  assert.deepEqual(readdirSync(parent), []);
});

test('links, files and folders of another name are left alone, and so is what a folder links to', () => {
  const parent = freshParent();
  const elsewhere = freshParent();
  writeFileSync(join(elsewhere, 'kept'), 'text');
  symlinkSync(elsewhere, join(parent, `stepwright-record-${deadPid}-link00`));
  writeFileSync(join(parent, `stepwright-record-${deadPid}-file00`), '');
  mkdirSync(join(parent, 'stepwright-record-notapid'));
  symlinkSync(elsewhere, join(leave(parent, deadPid, ownerOf({ pid: deadPid })), 'out'));
  sweepProfileFolders(parent);
  assert.equal(readdirSync(parent).length, 3);
  assert.equal(readFileSync(join(elsewhere, 'kept'), 'utf8'), 'text');
  sweepProfileFolders(join(parent, 'nowhere'));
  assert.equal(existsSync(parent), true);
});
