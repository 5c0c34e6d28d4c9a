import { StepwrightError } from '../../topology/base/errors.ts';
import type { Backend, BackendBatch, BackendCursor, BackendFactory, ScanOptions } from '../backend.ts';
import { SortedKeys, successor } from '../layers/sorted-keys.ts';

/** What a directory of the memory backend holds: it outlives `close`, as files do. */
class MemoryRows {
  readonly keys = new SortedKeys();
  readonly values = new Map<string, Buffer>();

  set(key: string, value: Buffer | undefined): void {
    if (value === undefined) {
      if (this.values.delete(key)) this.keys.delete(key);
      return;
    }
    if (!this.values.has(key)) this.keys.add(key);
    this.values.set(key, value);
  }
}

/**
 * Backends in memory, one a directory name. Closing and opening again finds the rows again, so crash tests run on it as on files:
 * what was never written is gone, what was written stays. Two owners at once are refused as RocksDB refuses them.
 */
export function createMemoryBackendFactory(): BackendFactory {
  const directories = new Map<string, MemoryRows>();
  const open = new Set<string>();
  return {
    name: 'memory',
    open: (directory) => {
      if (open.has(directory)) {
        return Promise.reject(
          new StepwrightError('STATE_LOCKED', `State directory ${directory} is open already in this process; close that task first.`),
        );
      }
      const rows = directories.get(directory) ?? new MemoryRows();
      directories.set(directory, rows);
      open.add(directory);
      return Promise.resolve(new MemoryBackend(rows, () => open.delete(directory)));
    },
    destroy: (directory) => {
      directories.delete(directory);
      return Promise.resolve();
    },
  };
}

class MemoryBackend implements Backend {
  readonly #rows: MemoryRows;
  readonly #onClose: () => void;
  readonly #cursors = new Set<BackendCursor>();
  #closed = false;

  constructor(rows: MemoryRows, onClose: () => void) {
    this.#rows = rows;
    this.#onClose = onClose;
  }

  getMany(keys: readonly Buffer[]): readonly (Buffer | undefined)[] {
    this.#assertOpen();
    return keys.map((key) => this.#rows.values.get(key.toString('latin1')));
  }

  scan(options: ScanOptions): BackendCursor {
    this.#assertOpen();
    const cursor = createCursor(this.#rows, options, () => this.#cursors.delete(cursor));
    this.#cursors.add(cursor);
    return cursor;
  }

  batch(): BackendBatch {
    this.#assertOpen();
    let changes: [string, Buffer | undefined][] = [];
    return {
      put: (key, value) => changes.push([key.toString('latin1'), Buffer.from(value)]),
      delete: (key) => changes.push([key.toString('latin1'), undefined]),
      write: () => {
        this.#assertOpen();
        for (const [key, value] of changes) this.#rows.set(key, value);
        changes = [];
      },
      close: () => {
        changes = [];
      },
    };
  }

  recover(): Promise<void> {
    return Promise.resolve();
  }

  async deleteRange(from: Buffer, to: Buffer): Promise<void> {
    this.#assertOpen();
    const end = to.toString('latin1');
    let key = this.#rows.keys.atOrAfter(from.toString('latin1'));
    while (key !== undefined && key < end) {
      this.#rows.set(key, undefined);
      key = this.#rows.keys.atOrAfter(key);
    }
  }

  openCursorCount(): number {
    return this.#cursors.size;
  }

  diskBytes(): number {
    return 0;
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    for (const cursor of this.#cursors) cursor.close();
    this.#closed = true;
    this.#onClose();
    return Promise.resolve();
  }

  #assertOpen(): void {
    if (this.#closed) throw new StepwrightError('STATE_CLOSED', 'The store was used after it was closed.');
  }
}

/** Walks live rows by key: a row deleted ahead of the cursor is not returned. Tasks do not write the backend while they scan. */
function createCursor(rows: MemoryRows, options: ScanOptions, onClose: () => void): BackendCursor {
  const from = options.from.toString('latin1');
  const to = options.to.toString('latin1');
  let at: string | undefined = options.reverse === true ? to : from;
  const step = (): string | undefined => {
    if (at === undefined) return undefined;
    const key = options.reverse === true ? rows.keys.before(at) : rows.keys.atOrAfter(at);
    const inside = key !== undefined && key >= from && key < to;
    at = inside ? (options.reverse === true ? key : successor(key)) : undefined;
    return inside ? key : undefined;
  };
  return {
    get isDone(): boolean {
      return at === undefined;
    },
    next: (maxCount) => {
      const found: Buffer[] = [];
      while (found.length < maxCount * 2) {
        const key = step();
        const value = key === undefined ? undefined : rows.values.get(key);
        if (key === undefined || value === undefined) break;
        found.push(Buffer.from(key, 'latin1'), value);
      }
      return found;
    },
    close: onClose,
  };
}
