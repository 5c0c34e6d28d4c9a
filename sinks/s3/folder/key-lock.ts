import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { FileSystem } from './durable-files.ts';
import { fileErrorCode } from './folder-errors.ts';

/** A lock this old belongs to a process that died: what is done under one takes milliseconds. */
const abandonedAfterMs = 10_000;
const retryMs = 5;

/** What holds a lock while it works. */
export interface HeldLock {
  /** False when the lock was taken away because its holder stood still for too long: then nothing may be published. */
  isHeld(): Promise<boolean>;
}

/**
 * Runs `work` while no other process holds `name`: compare and replace of a pointer must be one step also when two processes share the folder. The file
 * system has no compare and set, so a file that only one can create stands for it.
 */
export async function withKeyLock<Result>(
  {
    files,
    folder,
    name,
    nowMs,
  }: { readonly files: FileSystem; readonly folder: string; readonly name: string; readonly nowMs: () => number },
  work: (lock: HeldLock) => Promise<Result>,
): Promise<Result> {
  const path = join(folder, `${name}.lock`);
  const token = randomUUID();
  while (!(await tryTake(files, path, token))) {
    await removeAbandoned(files, path, nowMs());
    await pause(retryMs);
  }
  const isHeld = async (): Promise<boolean> => (await files.readFile(path).catch(() => Buffer.alloc(0))).toString() === token;
  try {
    return await work({ isHeld });
  } finally {
    if (await isHeld()) await files.rm(path, { force: true });
  }
}

async function tryTake(files: FileSystem, path: string, token: string): Promise<boolean> {
  try {
    const handle = await files.open(path, 'wx');
    try {
      await handle.writeFile(token);
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (fileErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function removeAbandoned(files: FileSystem, path: string, nowMs: number): Promise<void> {
  try {
    const { mtimeMs } = await files.stat(path);
    if (nowMs - mtimeMs >= abandonedAfterMs) await files.rm(path, { force: true });
  } catch (error) {
    if (fileErrorCode(error) !== 'ENOENT') throw error;
  }
}
