import { StepwrightError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { SubTopology } from '../../builder/sub-topology.ts';
import type { RecordBatch } from '../../log/log.ts';
import type { StoredPosition, TaskState } from '../../../state/task-state.ts';
import { applyBatches } from '../apply-batches.ts';
import { backOffMs } from '../back-off.ts';
import { describeChangelogs, type ChangelogRange } from '../changelog-ranges.ts';
import type { ChangelogCursor, ChangelogFeed, ChangelogReader } from '../changelog-reader.ts';
import { describeError } from '../dead-letter.ts';
import { errorFields } from '../error-fields.ts';
import { wipeReasonOf } from '../restore-driver.ts';
import type { TaskEnvironment } from '../task-environment.ts';
import { taskIdText, type TaskId } from '../task-id.ts';

export interface StandbyTaskOptions {
  readonly id: TaskId;
  readonly subTopology: SubTopology;
  readonly environment: TaskEnvironment;
  readonly reader: ChangelogReader;
}

/** `waiting` is out of a back-off; `closed` is for good. */
export type StandbyStatus = 'opening' | 'running' | 'waiting' | 'closed';

type StandbyCursor = ChangelogCursor & ChangelogRange;

/** What is on disk of a copy is at most this much older than what it has read: the bound of a restore after kill -9. */
const writeIntervalMs = 5_000;

/**
 * A copy of a task's stores, kept up to date from the changelogs (read-committed) in the task's own directory, so that the task can go on here
 * at once. It opens, fails and opens again by itself, until it is closed or promoted.
 * - K2 Data and changelog positions are of the same moment; the log is synced before they are written.
 * - K5 It wipes for a named reason only, as a restore does.
 * - K7 It writes nothing but its own directory, so it needs no fence.
 */
export class StandbyTask {
  readonly id: TaskId;
  readonly name: string;
  readonly #options: StandbyTaskOptions;
  readonly #logger: Logger;
  #status: StandbyStatus = 'opening';
  #state: TaskState | undefined;
  #feed: ChangelogFeed | undefined;
  #cursors: readonly StandbyCursor[] | undefined;
  #operation: Promise<void>;
  #isEnding = false;
  #failureCount = 0;
  #cancelRetry = () => {};
  #writtenAtMs = 0;
  #isUnwritten = false;

  constructor(options: StandbyTaskOptions) {
    this.#options = options;
    this.id = options.id;
    this.name = taskIdText(options.id);
    this.#logger = options.environment.logger.child({ task: this.name, role: 'standby' });
    this.#operation = this.#open();
  }

  status(): StandbyStatus {
    return this.#status;
  }

  failureCount(): number {
    return this.#failureCount;
  }

  /** For reads only; undefined while it opens or after a failure. What was read last may not be in it yet. */
  state(): TaskState | undefined {
    return this.#status === 'running' ? this.#state : undefined;
  }

  /** How far it has read, by store; undefined while it opens. */
  readPositions(): ReadonlyMap<string, bigint> | undefined {
    return this.#cursors && new Map(this.#cursors.map(({ store, nextOffset }) => [store, nextOffset]));
  }

  /** Gives the open state to the task that goes on with it, everything that was read in it. Undefined when there is none. */
  async promote(): Promise<TaskState | undefined> {
    const state = await this.#end();
    if (state === undefined) return undefined;
    try {
      await state.finishRestore();
      return state;
    } catch (error) {
      this.#logger.warn(errorFields(error), 'a copy could not be finished; the task is restored from its disk');
      await state.close();
      return undefined;
    }
  }

  /** Closes the state; `graceful` writes what was read. Returns where the disk stands then. */
  async close(graceful: boolean): Promise<StoredPosition | undefined> {
    const state = await this.#end();
    if (state === undefined) return undefined;
    try {
      if (graceful) await state.finishRestore();
    } catch (error) {
      this.#logger.warn(errorFields(error), 'a copy could not write what it had read; it is read again');
    }
    await state.close();
    return state.position();
  }

  /** Reads no more; answers the state, which is the caller's from here. */
  async #end(): Promise<TaskState | undefined> {
    this.#isEnding = true;
    this.#cancelRetry();
    await this.#operation;
    if (this.#feed !== undefined) await this.#options.reader.remove(this.#feed);
    this.#feed = undefined;
    // It may have failed meanwhile.
    await this.#operation;
    const state = this.#state;
    this.#state = undefined;
    this.#status = 'closed';
    return state;
  }

  /** Never rejects. */
  async #open(): Promise<void> {
    const { environment, subTopology, id } = this.#options;
    try {
      const specs = subTopology.stores.map(({ spec }) => spec);
      this.#state = await environment.openState(id, specs, false);
      const changelogs = await describeChangelogs(environment, subTopology, id);
      await this.#start(this.#state, changelogs);
    } catch (error) {
      await this.#failed(error);
    }
  }

  async #start(state: TaskState, changelogs: readonly ChangelogRange[]): Promise<void> {
    const { environment, reader } = this.#options;
    const { clock, bounds } = environment;
    const wiped = wipeReasonOf(state.position(), { changelogs, tombstoneMarginMs: bounds.tombstoneMarginMs, nowMs: clock.nowMs() });
    if (wiped !== undefined) await state.wipe(wiped);
    const stored = state.position().changelogs;
    const cursors = changelogs.map((one) => ({ ...one, nextOffset: stored.get(one.store)?.nextOffset ?? one.startOffset }));
    this.#writtenAtMs = clock.monotonicMs();
    if (this.#isEnding) return;
    this.#status = 'running';
    this.#cursors = cursors;
    this.#feed = {
      isRestore: false,
      cursors,
      take: (batches) => this.#take(state, cursors, batches),
      failed: (error) => {
        this.#operation = this.#failed(error);
      },
    };
    reader.add(this.#feed);
  }

  async #take(state: TaskState, cursors: readonly StandbyCursor[], batches: readonly RecordBatch[]): Promise<void> {
    const { clock, log } = this.#options.environment;
    const { recordCount } = await applyBatches(state, cursors, batches);
    if (recordCount > 0) this.#isUnwritten = true;
    this.#failureCount = 0;
    // Only what has reached the end counts as fresh: the age of the rest is what tombstones are compared with (K5).
    const isAtEnd = batches.length === 0;
    if (!this.#isUnwritten || !isAtEnd || clock.monotonicMs() - this.#writtenAtMs < writeIntervalMs) return;
    await log.sync();
    await state.finishRestore();
    this.#writtenAtMs = clock.monotonicMs();
    this.#isUnwritten = false;
  }

  /** Closes what is open and tries again after a back-off. Never rejects. */
  async #failed(error: unknown): Promise<void> {
    const { environment } = this.#options;
    const state = this.#state;
    this.#state = undefined;
    this.#feed = undefined;
    this.#cursors = undefined;
    this.#failureCount += 1;
    this.#status = 'waiting';
    const { code } = describeError(error, 'TASK_FAILED');
    environment.engineMetrics.taskFailures.add(1, { task: this.name, code });
    this.#logger.warn(
      { ...errorFields(error), failureCount: this.#failureCount },
      'a copy of a task stopped; it is opened again after a back-off',
    );
    try {
      await state?.close();
      if (error instanceof StepwrightError && error.code === 'STATE_CORRUPT') await this.#destroy();
    } catch (closeError) {
      this.#logger.warn(errorFields(closeError), 'a failed copy could not be closed cleanly');
    }
    if (this.#isEnding) return;
    const delayMs = backOffMs(this.#failureCount, environment.random());
    this.#cancelRetry = environment.clock.setTimer(delayMs, () => {
      this.#status = 'opening';
      this.#operation = this.#open();
    });
  }

  /** A corrupt copy is deleted for that named reason and made anew (K5). */
  async #destroy(): Promise<void> {
    const { environment, subTopology, id } = this.#options;
    const specs = subTopology.stores.map(({ spec }) => spec);
    await (await environment.openState(id, specs, true)).close();
  }
}
