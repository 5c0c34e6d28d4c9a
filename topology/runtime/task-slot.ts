import { hasCode, StepwrightError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { SubTopology } from '../builder/sub-topology.ts';
import type { StoredPosition, TaskState } from '../../state/task-state.ts';
import type { ChangelogReader } from './changelog-reader.ts';
import type { RecordBatch, TopicPartition, TopicPartitionOffset } from '../log/log.ts';
import { backOffMs } from './back-off.ts';
import { describeError } from './dead-letter.ts';
import { errorFields } from './error-fields.ts';
import type { Mailbox } from './mailbox.ts';
import type { RestoreProgress } from './restore-driver.ts';
import type { Task } from './task.ts';
import type { TaskEnvironment } from './task-environment.ts';
import { taskIdText, type TaskId } from './task-id.ts';
import { openTask } from './task-opener.ts';

export interface TaskSlotOptions {
  readonly id: TaskId;
  readonly subTopology: SubTopology;
  readonly environment: TaskEnvironment;
  readonly mailbox: Mailbox;
  readonly instanceId: string;
  readonly reader: ChangelogReader;
  /** The open state of a copy on this member, for the first opening. */
  inherit(): Promise<TaskState | undefined>;
  seek(positions: readonly TopicPartitionOffset[]): void;
  onProgress(progress: RestoreProgress): void;
  onFailed(slot: TaskSlot, error: unknown): void;
  onRunning(slot: TaskSlot): void;
  onStatus(slot: TaskSlot, next: SlotStatus, previous: SlotStatus): void;
  onCommitted(): void;
}

/** What is going on with an assigned task; `waiting` is out of a back-off or not begun. */
export type SlotStatus = 'waiting' | 'restoring' | 'running' | 'committing' | 'closing' | 'released';

/** A task fenced by another owner is not fought over: the assignment has moved, or will. */
const fencedRetryMs = 1_000;

/**
 * The place of one assigned task: opens it, runs it, closes it after a failure and opens it again with back-off, until it is released. At
 * most one asynchronous operation runs at a time; its end is posted to the loop and is void when the slot was released meanwhile.
 */
export class TaskSlot {
  readonly id: TaskId;
  readonly name: string;
  readonly #options: TaskSlotOptions;
  readonly #logger: Logger;
  readonly #abort = new AbortController();
  #task: Task | undefined;
  #status: SlotStatus = 'waiting';
  #releasing: Promise<void> | undefined;
  #operation: Promise<void> = Promise.resolve();
  #operationCount = 0;
  #openCount = 0;
  #failureCount = 0;
  #retryAtMs = -Infinity;
  #isCorrupt = false;
  #progress: RestoreProgress | undefined;
  #hasInherited = false;
  #stored: StoredPosition | undefined;

  constructor(options: TaskSlotOptions) {
    this.#options = options;
    this.id = options.id;
    this.name = taskIdText(options.id);
    this.#logger = options.environment.logger.child({ task: this.name });
  }

  status(): SlotStatus {
    return this.#status;
  }

  isRunning(): boolean {
    return this.#isOpen() && this.#task !== undefined;
  }

  /** The running task; undefined while it restores or waits. */
  task(): Task | undefined {
    return this.#task;
  }

  /** Consecutive failures; 0 again after a commit. */
  failureCount(): number {
    return this.#failureCount;
  }

  progress(): RestoreProgress | undefined {
    return this.#progress;
  }

  /** Where the disk stands after the task was closed here. */
  storedPosition(): StoredPosition | undefined {
    return this.#stored;
  }

  inputPartitions(): readonly TopicPartition[] {
    return this.#options.subTopology.sourceTopics.map((topic) => ({ topic, partition: this.id.partition }));
  }

  acceptsInput(): boolean {
    const { bounds } = this.#options.environment;
    const task = this.#task;
    if (task === undefined || !this.#isOpen()) return false;
    return task.bufferedRecordCount() < bounds.bufferedRecordCount && task.bufferedBytes() < bounds.bufferedBytes;
  }

  addBatch(batch: RecordBatch): void {
    if (this.#isOpen()) this.#task?.addBatch(batch);
  }

  /** A task that is being given up is not read any more, so an empty poll says nothing of it (T3). */
  markAtEnd(): void {
    if (this.#releasing === undefined) this.#task?.markAtEnd();
  }

  /** True when nothing moves until something is posted or the clock advances. */
  isQuiet(): boolean {
    if (this.#releasing !== undefined) return this.#status === 'released';
    return this.#status === 'running' && this.#task !== undefined && !this.#task.hasWork() && !this.#task.isDirty();
  }

  /** One turn: opens, processes and begins to commit, as far as it is time. Returns how much was done. */
  turn(isPaused: boolean): number {
    if (this.#releasing !== undefined) return 0;
    const { clock, bounds } = this.#options.environment;
    const nowMs = clock.nowMs();
    if (this.#status === 'waiting' && nowMs >= this.#retryAtMs) this.#open();
    const task = this.#task;
    if (this.#status !== 'running' || task === undefined) return 0;
    try {
      const doneCount = isPaused ? 0 : task.process(bounds.recordsPerTurn);
      if (clock.nowMs() >= task.commitDueAtMs()) this.#commit(task);
      return doneCount;
    } catch (error) {
      this.#fail(error);
      return 1;
    }
  }

  /** When the next turn has something to do without news from outside. */
  nextTurnAtMs(): number {
    if (this.#releasing !== undefined) return Infinity;
    if (this.#status === 'waiting') return this.#retryAtMs;
    if (this.#status !== 'running' || this.#task === undefined) return Infinity;
    return Math.min(this.#task.commitDueAtMs(), this.#task.nextPunctuationAtMs());
  }

  /**
   * Gives the task up: with a commit and flush when it runs and `graceful`, else dropping what is open (K7). From the call on the task gets
   * no turn and begins no operation: a commit begun beside the release would lose its store and producer half way. Idempotent; the first
   * call decides how.
   */
  release(graceful: boolean): Promise<void> {
    this.#releasing ??= this.#release(graceful);
    return this.#releasing;
  }

  async #release(graceful: boolean): Promise<void> {
    if (this.#status === 'restoring' || this.#status === 'waiting' || !graceful) this.#abort.abort();
    await this.#operation;
    const task = this.#task;
    // The end of a commit may still lie in the mailbox: the task itself knows whether it stands.
    const isRunning = task?.status() === 'running';
    this.#become('released');
    this.#task = undefined;
    this.#operation = (async () => {
      await (await this.#inherit())?.close();
      if (task === undefined) return;
      if (graceful && isRunning) await this.#finish(task);
      await task.close();
      this.#stored = task.state().position();
    })();
    await this.#operation;
  }

  async #finish(task: Task): Promise<void> {
    try {
      task.process(0);
      const outcome = task.isDirty() ? await task.commit() : 'committed';
      if (outcome === 'committed') await task.flush();
    } catch (error) {
      this.#logger.error(errorFields(error), 'the last commit of a task failed; its next owner does the work again');
    }
  }

  #become(next: SlotStatus): void {
    const previous = this.#status;
    this.#status = next;
    if (previous !== next) this.#options.onStatus(this, next, previous);
  }

  async #inherit(): Promise<TaskState | undefined> {
    if (this.#hasInherited) return undefined;
    this.#hasInherited = true;
    return this.#options.inherit();
  }

  #isOpen(): boolean {
    return this.#status === 'running' || this.#status === 'committing';
  }

  #open(): void {
    const { environment, mailbox, seek, instanceId, id, subTopology } = this.#options;
    this.#become('restoring');
    this.#openCount += 1;
    // A number that no other process draws, even one with the same instance id (K8).
    const incarnation = Math.floor(environment.random() * 2 ** 48).toString(36);
    const commitIdPrefix = `${instanceId}-${this.name}-${incarnation}`;
    const owner = { wake: () => mailbox.wake(), seek };
    const onProgress = (progress: RestoreProgress) => {
      this.#progress = progress;
      this.#options.onProgress(progress);
    };
    const openNumber = this.#openCount;
    const onFlushFailed = (error: unknown) => mailbox.post(() => (openNumber === this.#openCount ? this.#fail(error) : undefined));
    const signal = this.#abort.signal;
    const afterCorruption = this.#isCorrupt;
    this.#isCorrupt = false;
    const { reader } = this.#options;
    const inherit = () => this.#inherit();
    const opening = openTask({
      ...{ id, subTopology, environment, owner, commitIdPrefix, reader },
      ...{ inherit, onProgress, onFlushFailed, signal, afterCorruption },
    });
    this.#run(
      opening.then((task) => {
        this.#task = task;
      }),
      () => this.#opened(),
    );
  }

  #opened(): void {
    const task = this.#task;
    if (task === undefined) return;
    this.#become('running');
    this.#options.seek(task.positions());
    this.#options.onRunning(this);
  }

  #commit(task: Task): void {
    this.#become('committing');
    let outcome: string = 'lost';
    const committing = task.commit().then((result) => {
      outcome = result;
    });
    this.#run(committing, () => {
      if (outcome === 'lost')
        return this.#fail(new StepwrightError('TASK_LOST', `task ${this.name} has another owner now`, { disposition: 'leave-group' }));
      if (outcome === 'committed') {
        this.#failureCount = 0;
        this.#options.onCommitted();
      }
      this.#become('running');
    });
  }

  /** Drops the task's memory; its store stays as it is (K5) and is caught up by the next opening. */
  #fail(error: unknown): void {
    const task = this.#task;
    if (this.#releasing !== undefined || this.#status === 'closing') return;
    this.#become('closing');
    this.#task = undefined;
    this.#failureCount += 1;
    this.#isCorrupt ||= hasCode(error, 'STATE_CORRUPT');
    const { environment, onFailed } = this.#options;
    const { code } = describeError(error, 'TASK_FAILED');
    environment.engineMetrics.taskFailures.add(1, { task: this.name, code });
    this.#logger.error({ ...errorFields(error), failureCount: this.#failureCount }, 'a task stopped; it is rebuilt after a back-off');
    onFailed(this, error);
    task?.fail();
    const delayMs = backOffMs(this.#failureCount, environment.random());
    this.#retryAtMs = environment.clock.nowMs() + (hasCode(error, 'TASK_LOST', 'LOG_FENCED') ? Math.max(fencedRetryMs, delayMs) : delayMs);
    // A flush may fail while a commit is on its way: closing under it would take the store from it half way.
    const closing = this.#operation.then(() => task?.close());
    this.#run(closing, () => {
      this.#become('waiting');
    });
  }

  /** Posts the end of an operation to the loop. It is void after a release, or once a newer operation has begun. */
  #run(operation: Promise<void>, onDone: () => void): void {
    const { mailbox } = this.#options;
    this.#operationCount += 1;
    const operationNumber = this.#operationCount;
    const isCurrent = () => this.#releasing === undefined && operationNumber === this.#operationCount;
    this.#operation = operation.then(
      () => mailbox.post(() => (isCurrent() ? onDone() : undefined)),
      (error: unknown) => mailbox.post(() => (isCurrent() ? this.#failOperation(error) : undefined)),
    );
  }

  #failOperation(error: unknown): void {
    if (this.#status === 'closing') {
      this.#logger.error(errorFields(error), 'a failed task could not be closed cleanly');
      this.#become('waiting');
      return;
    }
    this.#fail(error);
  }
}
