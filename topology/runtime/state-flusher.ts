import { hasCode } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Log, TopicPartition } from '../log/log.ts';
import type { ChangelogPosition, TaskState } from '../../state/task-state.ts';
import type { CrashPoints } from './crash-points.ts';

/** A changelogged store of one task. */
export interface TaskChangelog extends TopicPartition {
  readonly store: string;
  readonly topicId: string;
}

export interface StateFlusherOptions {
  readonly state: TaskState;
  readonly log: Log;
  readonly changelogs: readonly TaskChangelog[];
  readonly crashPoints: CrashPoints;
  readonly logger: Logger;
  /** Told when a flush has ended, well or not: room for more input (K6). */
  readonly onEnded: () => void;
  /** Told of a failure that another flush cannot mend. */
  readonly onFailed: (error: unknown) => void;
}

/** Next changelog offset to restore from, by store. */
export type ChangelogPositions = ReadonlyMap<string, ChangelogPosition>;

/**
 * Writes the committed layer with changelog positions that are not ahead of it (K2). The log is synced first: after a power loss the store
 * must not hold what the log has lost. Positions are read before the commit that the flush follows, so a restore repeats that one commit:
 * read behind it they might be those of another owner's commits (K7), which the layer does not hold.
 */
export class StateFlusher {
  readonly #options: StateFlusherOptions;
  #running: Promise<void> | undefined;

  constructor(options: StateFlusherOptions) {
    this.#options = options;
  }

  /** Where the changelogs end now. To be called before a commit; true only once that commit succeeds. */
  async readPositions(): Promise<ChangelogPositions> {
    const { log, changelogs } = this.#options;
    const ranges = await log.offsets(changelogs, 'read_committed');
    const positions = new Map<string, ChangelogPosition>();
    for (const { store, topic, partition, topicId } of changelogs) {
      const range = ranges.find((one) => one.topic === topic && one.partition === partition);
      if (range !== undefined) positions.set(store, { nextOffset: range.nextOffset, topicId });
    }
    return positions;
  }

  /** Resolves when the flush runs beside the task. To be called behind the fold of the commit that `positions` were read before. */
  async start(positions: ChangelogPositions, commitId: string): Promise<void> {
    if (this.#running !== undefined) return;
    const { log, crashPoints } = this.#options;
    await log.sync();
    crashPoints.reach('log-synced');
    crashPoints.reach('flush-started');
    this.#running = this.#flush(positions, commitId);
  }

  /** Waits for a flush that runs. */
  async finish(): Promise<void> {
    await this.#running;
  }

  async #flush(changelogs: ChangelogPositions, commitId: string): Promise<void> {
    const { state, crashPoints, logger, onFailed } = this.#options;
    try {
      await state.flush({ changelogs, metadata: commitId });
      crashPoints.reach('flush-finished');
    } catch (error) {
      if (hasCode(error, 'STATE_DISK_FULL'))
        logger.error({ code: error.code }, 'state flush failed, will be tried again: free space on the state volume');
      else onFailed(error);
    } finally {
      this.#running = undefined;
      this.#options.onEnded();
    }
  }
}
