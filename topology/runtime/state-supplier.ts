import { StateDirectory } from '../../state/directory/state-directory.ts';
import type { BackendFactory } from '../../state/backend.ts';
import { createMemoryBackendFactory } from '../../state/memory/memory-backend.ts';
import { createRocksBackendFactory } from '../../state/rocksdb/rocksdb-backend.ts';
import type { StoreSpec } from '../../state/store.ts';
import type { StateBudgets, StoredPosition, TaskState } from '../../state/task-state.ts';
import { openTaskState, readStoredPosition } from '../../state/task/open-task-state.ts';
import type { Clock } from '../base/clock.ts';
import { hasCode } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import type { OpenState } from './task-environment.ts';
import { taskIdText } from './task-id.ts';

/** Where tasks keep their stores. */
export interface StateSupplier {
  readonly openState: OpenState;
  /** The state of the stores that every instance has whole. @throws as `openState` does. */
  openGlobalState(stores: readonly StoreSpec<unknown, unknown>[]): Promise<TaskState>;
  /** Where the closed tasks among `taskIds` stand; those that have nothing here are left out. */
  storedPositions(taskIds: readonly string[]): Promise<ReadonlyMap<string, StoredPosition>>;
  /** Deletes folders of tasks that are not open, not wanted and were not written for `minAgeMs`. Returns their task ids. */
  removeObsolete(isWanted: (taskId: string) => boolean, minAgeMs: number): Promise<readonly string[]>;
  /** Gives the directory and its lock free; tasks must be closed before. */
  close(): void;
}

export interface StateSupplierOptions {
  readonly applicationId: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Memory of one task; default as in `state/task-state.ts`. */
  readonly budgets?: StateBudgets;
}

/** Folder of the global stores, beside those of the tasks. */
const globalTaskId = 'global';

/** RocksDB, one folder a task under `<directory>/<application>/`, locked for this process. @throws {STATE_LOCKED} */
export function createDirectorySupplier(directory: string, options: StateSupplierOptions): StateSupplier {
  const { applicationId, clock, logger, metrics, budgets } = options;
  const backend = createRocksBackendFactory();
  const folder = new StateDirectory({ directory, application: applicationId, backend, clock, logger, metrics });
  return {
    openState: async (id, stores, afterCorruption) => {
      const taskId = taskIdText(id);
      if (afterCorruption) await folder.destroyTask(taskId, 'checksum-failed');
      return folder.openTask({ taskId, stores, ...(budgets && { budgets }) });
    },
    openGlobalState: async (stores) => {
      const open = () => folder.openTask({ taskId: globalTaskId, stores, ...(budgets && { budgets }) });
      try {
        return await open();
      } catch (error) {
        if (!hasCode(error, 'STATE_CORRUPT')) throw error;
        await folder.destroyTask(globalTaskId, 'checksum-failed');
        return open();
      }
    },
    removeObsolete: (isWanted, minAgeMs) => folder.removeObsolete(isWanted, minAgeMs),
    storedPositions: () => folder.storedPositions(budgets),
    close: () => folder.close(),
  };
}

/** Stores in memory. They live as long as the factory does, so a test may close an app and open another on the same state. */
export function createMemorySupplier(options: StateSupplierOptions, backend: BackendFactory = createMemoryBackendFactory()): StateSupplier {
  const { clock, logger, metrics, budgets } = options;
  return {
    openState: async (id, stores, afterCorruption) => {
      const taskId = taskIdText(id);
      if (afterCorruption) await backend.destroy(taskId);
      return openTaskState({ taskId, directory: taskId, stores, backend, clock, logger, metrics, ...(budgets && { budgets }) });
    },
    openGlobalState: (stores) => {
      const taskId = globalTaskId;
      return openTaskState({ taskId, directory: taskId, stores, backend, clock, logger, metrics, ...(budgets && { budgets }) });
    },
    removeObsolete: () => Promise.resolve([]),
    storedPositions: async (taskIds) => {
      const read = async (taskId: string) => [taskId, await readStoredPosition({ directory: taskId, backend })] as const;
      return new Map((await Promise.all(taskIds.map(read))).filter(([, { changelogs }]) => changelogs.size > 0));
    },
    close: () => {},
  };
}
