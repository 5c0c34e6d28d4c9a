import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processIdentity } from './process-identity.ts';

const lookEveryMs = 50;

/** Runs `action` while nobody else does so under the same file, waiting as long as the one that holds it lives. What a killed process left is taken over. */
export async function whileHolding<T>(file: string, action: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  while (!take(file)) {
    clearWhatIsLeft(file);
    await delay(lookEveryMs);
  }
  try {
    return await action();
  } finally {
    rmSync(file, { force: true });
  }
}

/** A link, since a file that is created and then written may be read before it says whose it is. */
function take(file: string): boolean {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, `${process.pid} ${processIdentity(process.pid) ?? ''}`);
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Moved away before it is deleted: of two who find it, the slower must not delete the lock that the faster has taken since. */
function clearWhatIsLeft(file: string): void {
  const aside = `${file}.${process.pid}.left`;
  try {
    if (isHeld(readFileSync(file, 'utf8'))) return;
    renameSync(file, aside);
    if (isHeld(readFileSync(aside, 'utf8'))) linkSync(aside, file);
    rmSync(aside, { force: true });
  } catch (error) {
    // Released, or cleared by another, in between.
    if (!isCode(error, 'ENOENT')) throw error;
  }
}

function isHeld(holder: string): boolean {
  const [pid = '', identity] = holder.split(/ (.*)/s);
  return processIdentity(Number(pid)) === identity;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
