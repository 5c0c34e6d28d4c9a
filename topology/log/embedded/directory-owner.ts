import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StepwrightError } from '../../base/errors.ts';

const fileName = 'owner.json';

/**
 * Who has the directory open, for the message of a second process. The lock itself is RocksDB's file lock, which the operating system
 * releases when a process dies; this file only carries the name and may be stale.
 */
export async function writeOwner(directory: string): Promise<void> {
  await writeFile(join(directory, fileName), `${JSON.stringify({ pid: process.pid })}\n`);
}

export async function removeOwner(directory: string): Promise<void> {
  await rm(join(directory, fileName), { force: true });
}

export async function lockedError(directory: string, cause: unknown): Promise<StepwrightError> {
  const pid = await readOwnerPid(directory);
  const lockFile = join(directory, 'db', 'LOCK');
  const owner = pid === undefined ? 'another process' : `process ${pid}`;
  const message = `the log "${directory}" is in use by ${owner} (lock file ${lockFile}); stop it or choose another directory`;
  return new StepwrightError('LOG_LOCKED', message, { cause, context: { directory, lockFile, pid } });
}

async function readOwnerPid(directory: string): Promise<number | undefined> {
  const text = await readFile(join(directory, fileName), 'utf8').catch(() => '');
  const digits = /"pid":(\d+)/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
