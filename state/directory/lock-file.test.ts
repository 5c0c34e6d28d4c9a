import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { hasCode } from '../../topology/base/errors.ts';
import { acquireLockFile } from './lock-file.ts';
import { currentProcess, isRunning } from './process-identity.ts';

const root = mkdtempSync(join(tmpdir(), 'stepwright-lock-'));
after(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const freshPath = (): string => join(root, String(count++));
/** Above the largest pid that Linux or macOS give out. */
const deadPid = 2 ** 22 + 1;

test('a held lock is refused with STATE_LOCKED, naming the process and the way out', () => {
  const path = freshPath();
  const lock = acquireLockFile(path);
  assert.throws(
    () => acquireLockFile(path),
    (error) =>
      hasCode(error, 'STATE_LOCKED') && error.message.includes(`process ${process.pid} on`) && error.message.includes(`delete ${path}`),
  );
  lock.release();
  lock.release();
  assert.equal(existsSync(path), false);
  acquireLockFile(path).release();
});

test('the lock of a dead process is taken over, and so is a file that holds no lock', () => {
  for (const text of [JSON.stringify({ ...currentProcess(), pid: deadPid, token: 't' }), '', '{"pid":']) {
    const path = freshPath();
    writeFileSync(path, text);
    acquireLockFile(path).release();
    assert.deepEqual(readdirSync(root), [], 'nothing is left beside it');
  }
});

test('a lock whose pid was given to another process is taken over', { skip: process.platform !== 'linux' && 'needs proc(5)' }, () => {
  const path = freshPath();
  writeFileSync(path, JSON.stringify({ ...currentProcess(), startTicks: '1', token: 't' }));
  const lock = acquireLockFile(path);
  assert.match(readFileSync(path, 'utf8'), new RegExp(`"pid":${process.pid}`));
  lock.release();
});

test('a lock that changed hands is not released by its old holder', () => {
  const path = freshPath();
  const lock = acquireLockFile(path);
  const other = JSON.stringify({ ...currentProcess(), token: 'another' });
  writeFileSync(path, other);
  lock.release();
  assert.equal(readFileSync(path, 'utf8'), other);
  rmSync(path);
});

test('a holder on another host counts as running, one from before a reboot of this host does not', () => {
  const self = { ...currentProcess(), bootId: 'boot 2', host: 'here' };
  assert.equal(isRunning({ ...self, host: 'there', bootId: 'boot 9' }, self), true);
  assert.equal(isRunning({ ...self, bootId: 'boot 1' }, self), false);
  assert.equal(isRunning({ ...self, pid: deadPid }, self), false);
  assert.equal(isRunning(self, self), true);
});
