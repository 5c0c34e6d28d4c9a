import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, linkSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Owner only: these files hold keys. */
const privateMode = 0o600;

/**
 * Creates `path` with `body` unless it is there: a complete, synced file is hard-linked to the name, so other processes see all of it or nothing, and
 * only one of them wins. False when the name was taken. A crash leaves at most a file in `temporaryDirectory`.
 */
export function createOnce(path: string, body: Buffer, temporaryDirectory: string, beforeLink: () => void): boolean {
  const temporary = writeTemporary(body, temporaryDirectory);
  let created = true;
  try {
    beforeLink();
    linkSync(temporary, path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    created = false;
  } finally {
    unlinkSync(temporary);
  }
  // The loser syncs too: the winner may not have come so far, and what it made is about to be used.
  syncDirectory(dirname(path));
  return created;
}

/** Overwrites what is at `path` with zeros, in place, and waits for the disk. File systems that copy on write may keep the old block until they reuse it. */
export function zeroFile(path: string): void {
  const file = openSync(path, 'r+');
  try {
    const lengthBytes = fstatSync(file).size;
    writeSync(file, Buffer.alloc(lengthBytes), 0, lengthBytes, 0);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

export function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes names created, replaced or removed in `directory` durable. */
export function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function writeTemporary(body: Buffer, temporaryDirectory: string): string {
  const path = join(temporaryDirectory, randomUUID());
  const file = openSync(path, 'wx', privateMode);
  try {
    writeSync(file, body);
    fsyncSync(file);
    return path;
  } catch (error) {
    unlinkSync(path);
    throw error;
  } finally {
    closeSync(file);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
