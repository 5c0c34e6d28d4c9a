import { existsSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../../topology/base/errors.ts';
import { acquireLockFile } from '../../state/directory/lock-file.ts';
import { currentProcess, isRunning } from '../../state/directory/process-identity.ts';

/** Where the browser of one recording keeps what it writes: nobody else can read it, and nothing of it outlives the recording for long. */
export interface ProfileFolder {
  readonly path: string;
  /** Removes it with all that is in it. Idempotent. */
  remove(): void;
}

const namePattern = /^stepwright-record-(\d+)-\w+$/;
const ownerFile = 'owner.lock';

/** Makes a folder in `parent` (mode 0700) that says which process it belongs to. */
export function createProfileFolder(parent: string): ProfileFolder {
  const path = mkdtempSync(join(parent, `stepwright-record-${process.pid}-`));
  acquireLockFile(join(path, ownerFile));
  return { path, remove: () => removeFolder(path) };
}

/**
 * Removes what recordings left in `parent` that ended without doing so (kill -9, power cut): folders of this user whose process is gone, one whose pid
 * another process has now included. Never throws: what cannot be removed is left for the next time.
 */
export function sweepProfileFolders(parent: string): void {
  for (const name of namesIn(parent)) {
    const pid = Number(namePattern.exec(name)?.[1]);
    const path = join(parent, name);
    try {
      if (isOwnFolder(path) && isLeft(path, pid)) removeFolder(path);
    } catch {
      // Somebody else has just removed it, or it is not to be removed: it stands in nobody's way.
    }
  }
}

function namesIn(parent: string): readonly string[] {
  try {
    return readdirSync(parent).filter((name) => namePattern.test(name));
  } catch {
    return [];
  }
}

/** A temporary folder is open to all: a link, or what another user put there under such a name, is left alone. */
function isOwnFolder(path: string): boolean {
  const entry = lstatSync(path);
  return entry.isDirectory() && entry.uid === (process.getuid?.() ?? entry.uid);
}

/** Its process is gone. Then its lock is ours, so that of two who sweep only one removes. */
function isLeft(path: string, pid: number): boolean {
  const lock = join(path, ownerFile);
  // It has been made this moment, and its process has not yet said who it is.
  if (!existsSync(lock) && isRunning({ ...currentProcess(), pid, startTicks: undefined })) return false;
  try {
    acquireLockFile(lock);
    return true;
  } catch (error) {
    if (hasCode(error, 'STATE_LOCKED')) return false;
    throw error;
  }
}

/** The browser may still be writing its last. */
function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
