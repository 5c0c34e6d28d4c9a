import { StepwrightError } from '../../topology/base/errors.ts';
import type { Backend, BackendFactory } from '../backend.ts';

/** Lets a test stop a write half way and make writes fail. */
export interface FaultyBackendFactory extends BackendFactory {
  /** Writes of task states wait, with their layer flushing, until `release`. */
  hold(): void;
  release(): void;
  /** The next `count` batches are refused as by a full disk. */
  failWrites(count: number): void;
  /** Native reads so far: batches of keys, and keys in them. */
  readonly reads: { callCount: number; keyCount: number };
  openCursorCount(): number;
}

/** The same backends with faults to switch on. */
export function createFaultyBackendFactory(inner: BackendFactory): FaultyBackendFactory {
  let held: Promise<void> = Promise.resolve();
  let letGo = (): void => {};
  let failures = 0;
  let last: Backend | undefined;
  const reads = { callCount: 0, keyCount: 0 };
  const wrap = (backend: Backend): Backend => ({
    getMany: (keys) => {
      reads.callCount++;
      reads.keyCount += keys.length;
      return backend.getMany(keys);
    },
    scan: (options) => backend.scan(options),
    deleteRange: (from, to) => backend.deleteRange(from, to),
    openCursorCount: () => backend.openCursorCount(),
    diskBytes: () => backend.diskBytes(),
    close: () => backend.close(),
    recover: async () => {
      await held;
      await backend.recover();
    },
    batch: () => {
      const batch = backend.batch();
      return {
        put: (key, value) => batch.put(key, value),
        delete: (key) => batch.delete(key),
        close: () => batch.close(),
        write: () => {
          if (failures > 0) {
            failures--;
            throw new StepwrightError('STATE_DISK_FULL', 'A test filled the disk.', { disposition: 'retry' });
          }
          batch.write();
        },
      };
    },
  });
  return {
    name: `faulty ${inner.name}`,
    reads,
    hold: () => {
      held = new Promise((resolve) => {
        letGo = resolve;
      });
    },
    release: () => letGo(),
    failWrites: (count) => {
      failures = count;
    },
    openCursorCount: () => last?.openCursorCount() ?? 0,
    destroy: (directory) => inner.destroy(directory),
    open: async (directory, budgets) => {
      const backend = await inner.open(directory, budgets);
      last = backend;
      return wrap(backend);
    },
  };
}
