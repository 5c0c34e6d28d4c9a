import { createHash } from 'node:crypto';
import * as promises from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectStore, PutOptions } from '../../../processors/ports/object-store.ts';
import type { Clock } from '../../../topology/base/clock.ts';
import { StepwrightError } from '../../../topology/base/errors.ts';
import { silentLogger } from '../../../topology/base/logger.ts';
import type { Logger } from '../../../topology/base/logger.ts';
import { KeyedLock } from '../../../topology/base/keyed-lock.ts';
import { checkPrefix, keySegments } from '../object-key.ts';
import { DurableFiles } from './durable-files.ts';
import type { FileSystem } from './durable-files.ts';
import { classifyFileError, fileErrorCode } from './folder-errors.ts';
import { withKeyLock, type HeldLock } from './key-lock.ts';
import { decodeFrame, encodeFrame, maxHeaderBytes } from './object-frame.ts';
import type { FrameHeader } from './object-frame.ts';
import { decodeEntry, objectPaths, plainContentType } from './object-path.ts';

export interface FolderObjectStoreOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger?: Logger;
  /** Temporary files older than this are deleted when the store opens. Default one hour. */
  readonly leftoverMaxAgeMs?: number;
  readonly files?: FileSystem;
}

/**
 * Opens the S3 twin on a folder: `objects/` holds the objects (object-path.ts), `incoming/` what is being written. Several processes of one machine may share it.
 * @throws {OBJECT_STORE_FAILED | OBJECT_STORE_FULL} when the folder cannot be made or read.
 */
export async function openFolderObjectStore(options: FolderObjectStoreOptions): Promise<ObjectStore> {
  const files = options.files ?? promises;
  const incoming = join(options.folder, 'incoming');
  const durable = new DurableFiles(files, incoming);
  return guarded('open', async () => {
    await durable.ensureFolder(incoming);
    await durable.ensureFolder(join(options.folder, 'objects'));
    const removedCount = await durable.removeLeftovers(options.leftoverMaxAgeMs ?? 3_600_000, options.clock.nowMs());
    if (removedCount > 0) (options.logger ?? silentLogger).info({ removedCount }, 'deleted half-written objects of an earlier crash');
    return new FolderObjectStore({ files, durable, root: join(options.folder, 'objects'), incoming, nowMs: () => options.clock.nowMs() });
  });
}

interface FolderParts {
  readonly files: FileSystem;
  readonly durable: DurableFiles;
  readonly root: string;
  readonly incoming: string;
  readonly nowMs: () => number;
}

interface Located {
  readonly folder: string;
  readonly plain: string;
  readonly framed: string;
  readonly plainType: string | undefined;
}

/**
 * Owns the files under `objects/`. Between processes, a name is given by a link that only one can make (`ifAbsent`) or a rename that replaces as a whole;
 * what compares before it replaces (`position`) holds a lock for its key.
 */
class FolderObjectStore implements ObjectStore {
  readonly #files: FileSystem;
  readonly #durable: DurableFiles;
  readonly #root: string;
  readonly #incoming: string;
  readonly #nowMs: () => number;
  readonly #locks = new KeyedLock();

  constructor({ files, durable, root, incoming, nowMs }: FolderParts) {
    this.#files = files;
    this.#durable = durable;
    this.#root = root;
    this.#incoming = incoming;
    this.#nowMs = nowMs;
  }

  async get(key: string): Promise<Buffer | undefined> {
    const at = this.#locate(key);
    return guarded('read', async () => {
      const framed = await this.#readIfThere(at.framed);
      if (framed !== undefined) return framed.subarray(decodeFrame(framed).bodyOffset);
      return at.plainType === undefined ? undefined : this.#readIfThere(at.plain);
    });
  }

  async head(key: string): Promise<{ readonly sizeBytes: number; readonly contentType: string } | undefined> {
    const at = this.#locate(key);
    return guarded('read', async () => {
      const framed = await this.#frame(at.framed);
      if (framed !== undefined) return { sizeBytes: framed.bodyBytes, contentType: framed.header.contentType };
      const plain = at.plainType === undefined ? undefined : await this.#statIfThere(at.plain);
      return plain === undefined ? undefined : { sizeBytes: plain.size, contentType: at.plainType ?? '' };
    });
  }

  async put(key: string, body: Buffer, options: PutOptions): Promise<boolean> {
    const at = this.#locate(key);
    return this.#locks.run(key, () =>
      guarded('write', () => (options.position === undefined ? this.#put(at, body, options) : this.#putLocked(key, at, body, options))),
    );
  }

  async delete(key: string): Promise<void> {
    const at = this.#locate(key);
    await this.#locks.run(key, () =>
      guarded('delete', async () => {
        const removed = [await this.#durable.removeIfThere(at.framed), await this.#removePlain(at)];
        if (removed.includes(true)) await this.#durable.syncFolder(at.folder);
      }),
    );
  }

  async *list(prefix: string): AsyncIterable<{ readonly key: string; readonly sizeBytes: number; readonly modifiedAtMs: number }> {
    checkPrefix(prefix);
    const folders = prefix.split('/').slice(0, -1);
    const { folders: encoded } = objectPaths([...folders, 'x']);
    yield* this.#walk(join(this.#root, ...encoded), folders.map((segment) => `${segment}/`).join(''), prefix);
  }

  #putLocked(key: string, at: Located, body: Buffer, options: PutOptions): Promise<boolean> {
    const name = createHash('sha256').update(key).digest('hex').slice(0, 40);
    return withKeyLock({ files: this.#files, folder: this.#incoming, name, nowMs: this.#nowMs }, (lock) =>
      this.#put(at, body, options, lock),
    );
  }

  async #put(at: Located, body: Buffer, options: PutOptions, lock?: HeldLock): Promise<boolean> {
    const settled = await this.#settledByStanding(at, options);
    if (settled !== undefined) return settled;
    const { contentType, position } = options;
    const plain = at.plainType === contentType && position === undefined;
    const bytes = plain ? body : encodeFrame(position === undefined ? { contentType } : { contentType, position }, body);
    await this.#durable.ensureFolder(at.folder);
    return this.#durable.withTemporary(bytes, async (temporary) => {
      const target = plain ? at.plain : at.framed;
      if (options.ifAbsent) return this.#durable.publishIfAbsent(temporary, target);
      // Judged by what stood when the lock was ours: begin again.
      if (lock !== undefined && !(await lock.isHeld())) throw lostLock();
      await this.#durable.publish(temporary, target);
      // The framed file wins in reads, so it goes only after the plain one is durable, and a crash in between shows one whole object.
      const other = plain ? await this.#durable.removeIfThere(at.framed) : await this.#removePlain(at);
      if (other) await this.#durable.syncFolder(at.folder);
      return true;
    });
  }

  /** The answer of a put that must not write, because of what stands; undefined when it must. */
  async #settledByStanding(at: Located, { ifAbsent, position }: PutOptions): Promise<boolean | undefined> {
    if (!ifAbsent && position === undefined) return undefined;
    const standing = await this.#standing(at);
    if (standing === undefined) return undefined;
    if (ifAbsent) return false;
    if (standing.position === undefined || position === undefined || standing.position < position) return undefined;
    return standing.position === position;
  }

  async #standing(at: Located): Promise<{ readonly position?: bigint } | undefined> {
    const framed = await this.#frame(at.framed);
    if (framed !== undefined) return framed.header;
    return at.plainType !== undefined && (await this.#statIfThere(at.plain)) !== undefined ? {} : undefined;
  }

  async #removePlain(at: Located): Promise<boolean> {
    return at.plainType !== undefined && this.#durable.removeIfThere(at.plain);
  }

  async *#walk(folder: string, keyPrefix: string, wanted: string): AsyncIterable<{ key: string; sizeBytes: number; modifiedAtMs: number }> {
    for (const entry of await guarded('list', () => this.#entries(folder))) {
      const key = keyPrefix + entry.segment;
      const path = join(folder, entry.name);
      if (entry.isFolder) {
        const inside = `${key}/`;
        if (inside.startsWith(wanted) || wanted.startsWith(inside)) yield* this.#walk(path, inside, wanted);
        continue;
      }
      if (!key.startsWith(wanted)) continue;
      const found = await guarded('list', () => this.#listed(path, entry.framed));
      if (found !== undefined) yield { key, ...found };
    }
  }

  /** Sorted as the keys below them sort: a folder by its name with the slash. */
  async #entries(folder: string): Promise<{ name: string; segment: string; framed: boolean; isFolder: boolean }[]> {
    const found = await this.#files.readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      if (fileErrorCode(error) === 'ENOENT') return [];
      throw error;
    });
    const entries = found.flatMap((entry) => {
      const decoded = decodeEntry(entry.name, entry.isDirectory());
      return decoded === undefined ? [] : [{ name: entry.name, isFolder: entry.isDirectory(), ...decoded }];
    });
    const rank = (entry: { segment: string; isFolder: boolean }): string => (entry.isFolder ? `${entry.segment}/` : entry.segment);
    return entries.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  }

  async #listed(path: string, framed: boolean): Promise<{ sizeBytes: number; modifiedAtMs: number } | undefined> {
    const stat = await this.#statIfThere(path);
    if (stat === undefined) return undefined;
    const sizeBytes = framed ? (await this.#frame(path))?.bodyBytes : stat.size;
    return sizeBytes === undefined ? undefined : { sizeBytes, modifiedAtMs: stat.mtimeMs };
  }

  async #frame(path: string): Promise<{ header: FrameHeader; bodyBytes: number } | undefined> {
    const handle = await this.#files.open(path, 'r').catch((error: unknown) => {
      if (isAbsent(error)) return undefined;
      throw error;
    });
    if (handle === undefined) return undefined;
    try {
      const { size } = await handle.stat();
      const start = Buffer.alloc(Math.min(size, maxHeaderBytes, 1024));
      await handle.read(start, 0, start.length, 0);
      const { header, bodyOffset } = decodeFrame(start);
      return { header, bodyBytes: size - bodyOffset };
    } finally {
      await handle.close();
    }
  }

  async #readIfThere(path: string): Promise<Buffer | undefined> {
    return this.#files.readFile(path).catch((error: unknown) => {
      if (isAbsent(error)) return undefined;
      throw error;
    });
  }

  async #statIfThere(path: string): Promise<{ size: number; mtimeMs: number } | undefined> {
    return this.#files.stat(path).catch((error: unknown) => {
      if (isAbsent(error)) return undefined;
      throw error;
    });
  }

  #locate(key: string): Located {
    const segments = keySegments(key);
    const paths = objectPaths(segments);
    const folder = join(this.#root, ...paths.folders);
    const plainType = plainContentType(segments[segments.length - 1] ?? '');
    return { folder, plain: join(folder, paths.plainName), framed: join(folder, paths.framedName), plainType };
  }
}

function lostLock(): StepwrightError {
  const message = 'another process took the lock of the object, because this one stood still for too long; it is tried again';
  return new StepwrightError('OBJECT_STORE_FAILED', message, { disposition: 'retry' });
}

function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(fileErrorCode(error));
}

async function guarded<Result>(operation: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw classifyFileError(error, operation);
  }
}
