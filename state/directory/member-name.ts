import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';

const namePattern = /^[0-9a-f]{12}$/;

/**
 * The name of the group member that keeps its state here, made up when there is none. Who comes back after a kill has the name it had, so a broker gives it
 * its tasks at once instead of waiting for the session of a member that is dead (KIP-345). A folder that was copied to another machine gets a new
 * one: two bearers of one name would throw each other out. The caller holds the lock of the folder.
 */
export function memberNameIn(path: string, host = hostname()): string {
  const found = readName(path);
  if (found?.host === host && namePattern.test(found.name)) return found.name;
  const name = randomBytes(6).toString('hex');
  keepName(path, `${name} ${host}\n`);
  return name;
}

/** A name is worth no failure: one that could not be kept serves until the process ends. */
function keepName(path: string, text: string): void {
  try {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  } catch {
    rmSync(`${path}.new`, { force: true });
  }
}

/** Undefined when nothing can be read. */
function readName(path: string): { readonly name: string; readonly host: string } | undefined {
  try {
    const [name = '', host = ''] = readFileSync(path, 'utf8').trim().split(' ');
    return { name, host };
  } catch {
    return undefined;
  }
}
