import type { StoredPosition, TaskState } from '../../../state/task-state.ts';
import type { ChangelogReader } from '../changelog-reader.ts';
import type { TaskEnvironment } from '../task-environment.ts';
import { taskIdText, type TaskId } from '../task-id.ts';
import { StandbyTask } from './standby-task.ts';

/** `warm-up`: a copy that is made so that the task may move here. */
export type CopyRole = 'standby' | 'warm-up';

export interface WantedCopy {
  readonly id: TaskId;
  readonly role: CopyRole;
}

export interface KeptCopy {
  readonly role: CopyRole;
  readonly task: StandbyTask;
}

export interface StandbyKeeperOptions {
  readonly environment: TaskEnvironment;
  readonly reader: ChangelogReader;
  /** Told when a copy was closed or promoted, and where its disk stands then. */
  readonly onClosed: (name: string, position: StoredPosition | undefined) => void;
}

/** The copies that this member keeps. Owns them until they are closed, or promoted; who wants which is the plan's decision. */
export class StandbyKeeper {
  readonly #options: StandbyKeeperOptions;
  readonly #copies = new Map<string, KeptCopy>();
  readonly #closing = new Map<string, Promise<void>>();

  constructor(options: StandbyKeeperOptions) {
    this.#options = options;
  }

  copies(): readonly KeptCopy[] {
    return [...this.#copies.values()];
  }

  copy(name: string): KeptCopy | undefined {
    return this.#copies.get(name);
  }

  /**
   * Closes what is not wanted any more and opens what is new. A directory that is still being closed is taken at a later call. What is or
   * will be processed here (`isTaken`) is left to the task: it takes the copy over, or has the directory.
   */
  keep(wanted: readonly WantedCopy[], isTaken: (name: string) => boolean): void {
    const names = new Set(wanted.map(({ id }) => taskIdText(id)));
    for (const name of [...this.#copies.keys()]) if (!names.has(name) && !isTaken(name)) void this.#close(name, true);
    for (const { id, role } of wanted) {
      const name = taskIdText(id);
      if (isTaken(name)) continue;
      const kept = this.#copies.get(name);
      if (kept !== undefined) this.#copies.set(name, { ...kept, role });
      else if (!this.#closing.has(name)) this.#start(name, id, role);
    }
  }

  /** Takes the copy out of here, for the task that goes on with its state. Waits for one that is being closed. */
  async promote(name: string): Promise<TaskState | undefined> {
    const kept = this.#copies.get(name);
    this.#copies.delete(name);
    if (kept === undefined) {
      await this.#closing.get(name);
      return undefined;
    }
    const state = await kept.task.promote();
    this.#options.onClosed(name, state?.position());
    return state;
  }

  async closeAll(graceful: boolean): Promise<void> {
    for (const name of [...this.#copies.keys()]) void this.#close(name, graceful);
    await Promise.all(this.#closing.values());
  }

  #start(name: string, id: TaskId, role: CopyRole): void {
    const { environment, reader } = this.#options;
    const subTopology = environment.topology.subTopologies.find((one) => one.id === id.subTopology);
    if (subTopology === undefined) return;
    this.#copies.set(name, { role, task: new StandbyTask({ id, subTopology, environment, reader }) });
  }

  #close(name: string, graceful: boolean): Promise<void> {
    const kept = this.#copies.get(name);
    this.#copies.delete(name);
    const done = (async () => {
      const position = await kept?.task.close(graceful);
      this.#closing.delete(name);
      this.#options.onClosed(name, position);
    })();
    this.#closing.set(name, done);
    return done;
  }
}
