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
import { errorFields } from './error-fields.ts';
import { ParkedStates } from './parked-states.ts';
import { taskIdText, type TaskId } from './task-id.ts';

/**
 * Opens the store of a task. `afterCorruption` deletes what is there first, counted under `checksum-failed` (K5).
 * @throws {STATE_LOCKED | STATE_CORRUPT | STATE_FORMAT_VERSION | STATE_DISK_FULL}
 */
export type OpenState = (id: TaskId, stores: readonly StoreSpec<unknown, unknown>[], afterCorruption: boolean) => Promise<TaskState>;

/** Where tasks keep their stores. */
export interface StateSupplier {
  /** What the member that keeps its state here is called in its group; undefined where nothing outlives the process. */
  memberName(): string | undefined;
  readonly openState: OpenState;
  /** The state of the stores that every instance has whole. @throws as `openState` does. */
  openGlobalState(stores: readonly StoreSpec<unknown, unknown>[]): Promise<TaskState>;
  /** Where these tasks stand here, of which none may be open; those that have nothing here are left out. `openState` is quick for them until `releaseStored`. */
  storedPositions(tasks: readonly StoredTask[]): Promise<ReadonlyMap<string, StoredPosition>>;
  /** The tasks are shared out: what was opened for `storedPositions` and is not wanted is closed. */
  releaseStored(isWanted: (taskId: string) => boolean): Promise<void>;
  /** Deletes folders of tasks that are not open, not wanted and were not written for `minAgeMs`. Returns their task ids. */
  removeObsolete(isWanted: (taskId: string) => boolean, minAgeMs: number): Promise<readonly string[]>;
  /** Gives the directory and its lock free; tasks must be closed before. */
  close(): Promise<void>;
}

/** A task whose state may lie here. */
export interface StoredTask {
  readonly name: string;
  readonly stores: readonly StoreSpec<unknown, unknown>[];
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
  const parked = new ParkedStates();
  const open = ({ name, stores }: StoredTask) => folder.openTask({ taskId: name, stores, ...(budgets && { budgets }) });
  const park = async (task: StoredTask): Promise<readonly (readonly [string, StoredPosition])[]> => {
    try {
      const state = await parked.park(task.name, () => open(task));
      return state === undefined || state.position().changelogs.size === 0 ? [] : [[task.name, state.position()]];
    } catch (error) {
      // It fails again where the task is opened, and is dealt with there.
      logger.warn({ ...errorFields(error), task: task.name }, 'it is not known how far the state of a task on this disk is');
      return [];
    }
  };
  return {
    memberName: () => folder.memberName(),
    openState: async (id, stores, afterCorruption) => {
      const name = taskIdText(id);
      const state = await parked.take(name);
      if (state !== undefined && !afterCorruption) return state;
      await state?.close();
      if (afterCorruption) await folder.destroyTask(name, 'checksum-failed');
      return open({ name, stores });
    },
    openGlobalState: async (stores) => {
      const task = { name: globalTaskId, stores };
      try {
        return await open(task);
      } catch (error) {
        if (!hasCode(error, 'STATE_CORRUPT')) throw error;
        await folder.destroyTask(globalTaskId, 'checksum-failed');
        return open(task);
      }
    },
    removeObsolete: (isWanted, minAgeMs) => folder.removeObsolete(isWanted, minAgeMs),
    storedPositions: async (tasks) => {
      const onDisk = new Set(folder.listTasks());
      return new Map((await Promise.all(tasks.filter(({ name }) => onDisk.has(name)).map(park))).flat());
    },
    releaseStored: (isWanted) => parked.release(isWanted),
    close: async () => {
      await parked.close();
      folder.close();
    },
  };
}

/** Stores in memory. They live as long as the factory does, so a test may close an app and open another on the same state. */
export function createMemorySupplier(options: StateSupplierOptions, backend: BackendFactory = createMemoryBackendFactory()): StateSupplier {
  const { clock, logger, metrics, budgets } = options;
  return {
    memberName: () => undefined,
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
    storedPositions: async (tasks) => {
      const read = async ({ name }: StoredTask) => [name, await readStoredPosition({ directory: name, backend })] as const;
      return new Map((await Promise.all(tasks.map(read))).filter(([, { changelogs }]) => changelogs.size > 0));
    },
    releaseStored: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
