import { errorFields } from './error-fields.ts';
import type { TaskEnvironment } from './task-environment.ts';

/**
 * Deletes the folders of tasks that have moved away, once they were not written for a while: until then a task that comes back finds most of its
 * state. The first look comes as late as that too, so a process that was away for long is given its tasks before anything is deleted.
 */
export class StateCleaner {
  readonly #environment: TaskEnvironment;
  readonly #onRemoved: (taskId: string) => void;
  #nextAtMs: number;

  constructor(environment: TaskEnvironment, onRemoved: (taskId: string) => void) {
    this.#environment = environment;
    this.#onRemoved = onRemoved;
    this.#nextAtMs = environment.clock.nowMs() + environment.bounds.stateCleanupDelayMs;
  }

  /** One turn of the member's loop. */
  turn(isWanted: (taskId: string) => boolean): void {
    const { clock, bounds } = this.#environment;
    if (clock.nowMs() < this.#nextAtMs) return;
    this.#nextAtMs = clock.nowMs() + bounds.stateCleanupDelayMs;
    void this.#clean(isWanted);
  }

  async #clean(isWanted: (taskId: string) => boolean): Promise<void> {
    const { bounds, logger, removeObsolete } = this.#environment;
    try {
      for (const taskId of await removeObsolete(isWanted, bounds.stateCleanupDelayMs)) this.#onRemoved(taskId);
    } catch (error) {
      logger.warn(errorFields(error), 'folders of tasks that moved away could not be deleted; it is tried again');
    }
  }
}
