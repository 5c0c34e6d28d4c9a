import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface WalSyncDeps {
  /** The database's folder. */
  readonly directory: string;
  /** Counts writes so far; equal counts mean that there is nothing new to sync. */
  readonly writeCount: () => number;
  readonly syncPath?: (path: string) => Promise<void>;
}

const walName = /^\d+\.log$/;

/**
 * Makes what was written survive a power loss: RocksDB hands every write to the operating system before it returns, so syncing its WAL files
 * from a pool thread completes the work without stopping the event loop. A WAL file that has gone meanwhile was flushed to
 * a table file, which RocksDB syncs itself. Concurrent calls share a sync: one runs, at most one waits. A failed sync stays failed: the
 * operating system may have dropped the pages, so a second attempt would succeed without them (fsync(2), "fsyncgate" of 2018).
 */
export class WalSync {
  readonly #deps: WalSyncDeps;
  readonly #syncPath: (path: string) => Promise<void>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #syncedCount = 0;
  #failure: unknown;

  constructor(deps: WalSyncDeps) {
    this.#deps = deps;
    this.#syncPath = deps.syncPath ?? syncPath;
  }

  /** Resolves when every write before the call is on the disk. Rejects with the file system's error, then for ever. */
  sync(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#running === undefined) return this.#start();
    // The running sync may have passed the newest bytes already: only the next one surely covers them.
    this.#next ??= this.#running.then(() => this.#start());
    return this.#next;
  }

  #start(): Promise<void> {
    this.#next = undefined;
    this.#running = this.#run()
      .catch((error: unknown) => {
        this.#failure = error;
        throw error;
      })
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  async #run(): Promise<void> {
    const count = this.#deps.writeCount();
    if (count === this.#syncedCount) return;
    const names = await readdir(this.#deps.directory);
    for (const name of names) if (walName.test(name)) await this.#syncPath(join(this.#deps.directory, name));
    await this.#syncPath(this.#deps.directory);
    this.#syncedCount = count;
  }
}

async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (file === undefined) return;
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
