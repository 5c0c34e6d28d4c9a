import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { StepwrightError } from '../../topology/base/errors.ts';
import { currentProcess, isRunning } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';

interface LockRecord extends ProcessIdentity {
  /** Tells two locks of one process apart. */
  readonly token: string;
}

export interface LockFile {
  /** Removes the file when it is still ours. Idempotent. */
  release(): void;
}

/**
 * Takes the lock file at `path`, from a dead holder too (kill -9, power cut). It is the friendly lock: it names its holder before any
 * store is opened. The hard one is the operating system's lock that RocksDB keeps on each task directory.
 * @throws {STATE_LOCKED} naming the holder and the way out.
 */
export function acquireLockFile(path: string): LockFile {
  const record: LockRecord = { ...currentProcess(), token: randomUUID() };
  const own = `${path}.${record.token}`;
  writeFileSync(own, JSON.stringify(record));
  try {
    // A link appears whole or not at all, and never replaces: nobody reads half a record, and of two takers one wins.
    if (!tryLink(own, path)) {
      removeStale(path);
      if (!tryLink(own, path)) throw lockedBy(path, readLock(path)?.record);
    }
  } finally {
    rmSync(own, { force: true });
  }
  return {
    release: () => {
      if (readLock(path)?.record?.token === record.token) rmSync(path, { force: true });
    },
  };
}

/** Moves a dead holder's file away. A file that changed hands between reading and moving is put back. */
function removeStale(path: string): void {
  const found = readLock(path);
  if (found === undefined) return;
  if (found.record !== undefined && isRunning(found.record)) throw lockedBy(path, found.record);
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return;
    throw error;
  }
  if (readLock(aside)?.text !== found.text) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Undefined when there is no file; `record` is undefined when it holds no record, which no living process wrote. */
function readLock(path: string): { readonly text: string; readonly record: LockRecord | undefined } | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  return { text, record: parseRecord(text) };
}

function parseRecord(text: string): LockRecord | undefined {
  try {
    const fields: unknown = JSON.parse(text);
    if (typeof fields !== 'object' || fields === null || !('pid' in fields) || !('host' in fields) || !('token' in fields))
      return undefined;
    const { pid, host, token } = fields;
    if (typeof pid !== 'number' || typeof host !== 'string' || typeof token !== 'string') return undefined;
    return { pid, host, token, bootId: textField(fields, 'bootId'), startTicks: textField(fields, 'startTicks') };
  } catch {
    return undefined;
  }
}

function textField(fields: object, name: string): string | undefined {
  const value: unknown = Reflect.get(fields, name);
  return typeof value === 'string' ? value : undefined;
}

function lockedBy(path: string, holder: LockRecord | undefined): StepwrightError {
  const who = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`;
  return new StepwrightError(
    'STATE_LOCKED',
    `The state directory is in use by ${who}. Stop that process, or give this one another state directory or application name; ` +
      `if you are sure that it is gone, delete ${path}.`,
    { context: { path, pid: holder?.pid, host: holder?.host } },
  );
}

function hasErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
