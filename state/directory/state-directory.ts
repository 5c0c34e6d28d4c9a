import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../topology/base/clock.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import { silentLogger } from '../../topology/base/logger.ts';
import type { Logger } from '../../topology/base/logger.ts';
import { silentMetrics } from '../../topology/base/metrics.ts';
import type { Metrics } from '../../topology/base/metrics.ts';
import type { BackendFactory } from '../backend.ts';
import type { TaskState, TaskStateOptions, WipeReason } from '../task-state.ts';
import { openTaskState } from '../task/open-task-state.ts';
import { createStateMetrics } from '../task/state-metrics.ts';
import { acquireLockFile } from './lock-file.ts';
import type { LockFile } from './lock-file.ts';
import { memberNameIn } from './member-name.ts';

export interface StateDirectoryOptions {
  /** Holds one folder an application. Created when missing. */
  readonly directory: string;
  readonly application: string;
  readonly backend: BackendFactory;
  readonly clock: Clock;
  readonly logger?: Logger;
  readonly metrics?: Metrics;
}

export type OpenTaskOptions = Pick<TaskStateOptions, 'taskId' | 'stores' | 'budgets'>;

/** A task's, or `global` for the stores that every instance has whole. */
const taskIdPattern = /^(\d+_\d+|global)$/;
const applicationPattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * The state of one application on this machine: `<directory>/<application>/<taskId>/`, one process at a time.
 * Owns: the lock file, who has which task open, deletion of task directories. Does not own: what is inside (the backend), when to wipe.
 */
export class StateDirectory {
  readonly path: string;
  readonly #options: StateDirectoryOptions;
  readonly #lock: LockFile;
  readonly #openTasks = new Set<string>();
  readonly #logger: Logger;

  /** @throws {STATE_LOCKED} another process has it. @throws {CONFIG_INVALID} the name or the folder cannot be used. */
  constructor(options: StateDirectoryOptions) {
    if (!applicationPattern.test(options.application)) {
      throw new StepwrightError(
        'CONFIG_INVALID',
        `application is ${JSON.stringify(options.application)}; use letters, digits, dots, dashes and underscores, it names a folder.`,
      );
    }
    this.path = join(options.directory, options.application);
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    createFolder(this.path);
    this.#lock = acquireLockFile(join(this.path, 'LOCK'));
  }

  /** What the process that has this directory is called in its group; the same after a crash. */
  memberName(): string {
    return memberNameIn(join(this.path, 'MEMBER'));
  }

  taskDirectory(taskId: string): string {
    if (!taskIdPattern.test(taskId))
      throw new StepwrightError('TOPOLOGY_INVALID', `Task id ${JSON.stringify(taskId)} is not <sub-topology>_<partition>.`);
    return join(this.path, taskId);
  }

  /**
   * Opens a task's state; closing it gives the task free.
   * @throws {STATE_LOCKED} the task is open in this process: the old owner must close first.
   * @throws {STATE_CORRUPT} with disposition `rebuild-task`: call `destroyTask(taskId, 'checksum-failed')`, open again and restore (K5).
   * @throws {STATE_FORMAT_VERSION | STATE_DISK_FULL}
   */
  async openTask(options: OpenTaskOptions): Promise<TaskState> {
    const { taskId } = options;
    const directory = this.taskDirectory(taskId);
    const { backend, clock, metrics } = this.#options;
    this.#take(taskId);
    try {
      createFolder(directory);
      const onClosed = (): void => void this.#openTasks.delete(taskId);
      return await openTaskState({ ...options, directory, backend, clock, logger: this.#logger, ...(metrics && { metrics }), onClosed });
    } catch (error) {
      this.#openTasks.delete(taskId);
      throw error;
    }
  }

  /** Deletes a task that could not be opened, for a named, counted reason (K5). @throws {STATE_LOCKED} it is open. */
  async destroyTask(taskId: string, reason: WipeReason): Promise<void> {
    const directory = this.taskDirectory(taskId);
    this.#take(taskId);
    try {
      this.#logger.warn({ taskId, reason }, 'deleting the state of a task; it will be restored from its changelogs');
      createStateMetrics(taskId, this.#options.metrics ?? silentMetrics).countWipe(reason);
      await this.#options.backend.destroy(directory);
    } finally {
      this.#openTasks.delete(taskId);
    }
  }

  /** Task directories on disk, for an assignor that prefers who has state. */
  listTasks(): readonly string[] {
    return readdirSync(this.path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && taskIdPattern.test(entry.name))
      .map((entry) => entry.name)
      .sort();
  }

  /** Deletes directories of tasks that are neither open nor wanted and were not written for `minAgeMs`. Returns their task ids. */
  async removeObsolete(isWanted: (taskId: string) => boolean, minAgeMs: number): Promise<readonly string[]> {
    const removed: string[] = [];
    for (const taskId of this.listTasks()) {
      if (this.#openTasks.has(taskId) || isWanted(taskId)) continue;
      if (this.#options.clock.nowMs() - lastWriteMs(this.taskDirectory(taskId)) < minAgeMs) continue;
      await this.destroyTask(taskId, 'obsolete');
      removed.push(taskId);
    }
    return removed;
  }

  /** Gives the directory free. Tasks must be closed before. Idempotent. */
  close(): void {
    this.#lock.release();
  }

  #take(taskId: string): void {
    if (this.#openTasks.has(taskId)) {
      throw new StepwrightError('STATE_LOCKED', `Task ${taskId} is open in this process already; its owner must close it first.`, {
        disposition: 'retry',
        context: { taskId },
      });
    }
    this.#openTasks.add(taskId);
  }
}

/** The newest file in a task directory. */
function lastWriteMs(directory: string): number {
  const names = readdirSync(directory);
  return Math.max(statSync(directory).mtimeMs, ...names.map((name) => statSync(join(directory, name)).mtimeMs));
}

function createFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    if (code === 'ENOSPC') throw new StepwrightError('STATE_DISK_FULL', `No space to create ${path}.`, { disposition: 'retry', cause });
    throw new StepwrightError(
      'CONFIG_INVALID',
      `The state directory ${path} cannot be created (${code}); choose another or change its permissions.`,
      { cause },
    );
  }
}
