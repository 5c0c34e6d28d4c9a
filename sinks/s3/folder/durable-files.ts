import { randomUUID } from 'node:crypto';
import type * as promises from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileErrorCode } from './folder-errors.ts';

/** The part of node:fs/promises that the folder store uses: a parameter, so that tests can make the disk full or count syncs. */
export type FileSystem = Pick<typeof promises, 'link' | 'mkdir' | 'open' | 'readdir' | 'readFile' | 'rename' | 'rm' | 'stat' | 'unlink'>;

const maxKnownFolders = 4096;

/**
 * Durable writes on a folder. Order: the temporary file's bytes are synced before it gets its name, and the folder is synced after; the
 * other way round a crash could leave a name with no bytes.
 */
export class DurableFiles {
  readonly #files: FileSystem;
  readonly #incoming: string;
  readonly #ensured = new Map<string, Promise<void>>();
  /** Of this opening of the folder: a process id is not unique among containers that share it. */
  readonly #ownPrefix = randomUUID();
  #nextTemporary = 0;

  constructor(files: FileSystem, incoming: string) {
    this.#files = files;
    this.#incoming = incoming;
  }

  /** Writes a temporary file and hands its path to `publish`; whatever happens, the temporary name is gone afterwards. */
  async withTemporary<Result>(body: Buffer, publish: (temporary: string) => Promise<Result>): Promise<Result> {
    const temporary = join(this.#incoming, `${this.#ownPrefix}-${this.#nextTemporary++}.tmp`);
    try {
      const handle = await this.#files.open(temporary, 'w');
      try {
        await handle.writeFile(body);
        await handle.sync();
      } finally {
        await handle.close();
      }
      return await publish(temporary);
    } finally {
      await this.removeIfThere(temporary);
    }
  }

  /** Gives the file its name unless the name is taken. */
  async publishIfAbsent(temporary: string, target: string): Promise<boolean> {
    try {
      await this.#files.link(temporary, target);
    } catch (error) {
      if (fileErrorCode(error) === 'EEXIST') return false;
      throw error;
    }
    await this.syncFolder(dirname(target));
    return true;
  }

  /** Gives the file its name, in place of what had it. */
  async publish(temporary: string, target: string): Promise<void> {
    await this.#files.rename(temporary, target);
    await this.syncFolder(dirname(target));
  }

  /** Answers whether there was a file. */
  async removeIfThere(path: string): Promise<boolean> {
    try {
      await this.#files.unlink(path);
      return true;
    } catch (error) {
      if (fileErrorCode(error) === 'ENOENT') return false;
      throw error;
    }
  }

  /** Makes a folder and those above it, each one durable in its parent; who asks meanwhile waits for the same work. */
  ensureFolder(path: string): Promise<void> {
    const known = this.#ensured.get(path);
    if (known !== undefined) return known;
    if (this.#ensured.size >= maxKnownFolders) this.#ensured.clear();
    const made = this.#makeFolder(path);
    this.#ensured.set(path, made);
    made.catch(() => this.#ensured.delete(path));
    return made;
  }

  async #makeFolder(path: string): Promise<void> {
    const parent = dirname(path);
    if (parent === path) return;
    if (await this.#isFolder(path)) return this.syncFolder(parent);
    await this.ensureFolder(parent);
    await this.#files.mkdir(path).catch((error: unknown) => {
      if (fileErrorCode(error) !== 'EEXIST') throw error;
    });
    await this.syncFolder(parent);
  }

  async #isFolder(path: string): Promise<boolean> {
    return this.#files.stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
  }

  async syncFolder(path: string): Promise<void> {
    const handle = await this.#files.open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** Deletes temporary files that a crash left and that are older than `maxAgeMs`. */
  async removeLeftovers(maxAgeMs: number, nowMs: number): Promise<number> {
    let removedCount = 0;
    for (const name of await this.#files.readdir(this.#incoming)) {
      const path = join(this.#incoming, name);
      // Another process may have removed or published it meanwhile.
      const modifiedAtMs = await this.#files.stat(path).then(({ mtimeMs }) => mtimeMs, whenAbsent);
      if (modifiedAtMs === undefined || nowMs - modifiedAtMs < maxAgeMs) continue;
      await this.#files.rm(path, { force: true });
      removedCount++;
    }
    return removedCount;
  }
}

function whenAbsent(error: unknown): undefined {
  if (fileErrorCode(error) === 'ENOENT') return undefined;
  throw error;
}
