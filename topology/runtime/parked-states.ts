import type { TaskState } from '../../state/task-state.ts';

/**
 * States that were opened at start to see where they stand, and that nobody uses yet. Opening one takes tens of milliseconds, so whoever gets the
 * task takes it as it is; the rest is closed once the tasks are shared out.
 */
export class ParkedStates {
  readonly #parked = new Map<string, TaskState>();
  readonly #busy = new Map<string, Promise<void>>();
  #isClosed = false;

  /** Opens a state and keeps it. Answers it to be looked at; undefined when it was closed meanwhile. */
  async park(name: string, open: () => Promise<TaskState>): Promise<TaskState | undefined> {
    if (this.#isClosed) return undefined;
    const opening = open();
    const busy = opening.then(
      () => {},
      () => {},
    );
    this.#busy.set(name, busy);
    try {
      const state = await opening;
      if (!this.#isClosed) this.#parked.set(name, state);
      else await state.close();
      return this.#parked.get(name);
    } finally {
      this.#busy.delete(name);
    }
  }

  /** Takes one out. Waits for one that is being opened or closed, so that its directory is free when there is none. */
  async take(name: string): Promise<TaskState | undefined> {
    await this.#busy.get(name);
    const state = this.#parked.get(name);
    this.#parked.delete(name);
    return state;
  }

  /** Closes those that nobody wants. */
  async release(isWanted: (name: string) => boolean): Promise<void> {
    const unwanted = [...this.#parked].filter(([name]) => !isWanted(name));
    await Promise.all(
      unwanted.map(([name, state]) => {
        this.#parked.delete(name);
        const isFree = () => void this.#busy.delete(name);
        // One that does not close is found locked by whoever opens it, who says so.
        const done = state.close().then(isFree, isFree);
        this.#busy.set(name, done);
        return done;
      }),
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#busy.values());
    await this.release(() => false);
  }
}
