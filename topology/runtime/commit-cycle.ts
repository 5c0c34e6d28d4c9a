import { hasCode, StepwrightError } from '../base/errors.ts';
import type { OffsetCommit, OutputRecord } from '../log/log.ts';
import type { ChangelogEntry, TaskState } from '../../state/task-state.ts';
import type { CommitBatch, CommitChannel } from './commit-channel.ts';
import type { CrashPoints } from './crash-points.ts';
import { describeError } from './dead-letter.ts';
import type { ErrorHandlers } from './error-handlers.ts';
import type { RecordCollector } from './record-collector.ts';
import type { ChangelogPositions, StateFlusher } from './state-flusher.ts';

/** `rolled-back`: nothing was committed, drop the open layer (K4). `lost`: another owner writes this task, touch nothing (K7, K8). */
export type CommitOutcome = 'committed' | 'rolled-back' | 'lost';

export interface CommitCycleOptions {
  readonly taskId: string;
  readonly partition: number;
  readonly state: TaskState;
  readonly collector: RecordCollector;
  readonly channel: CommitChannel;
  readonly flusher: StateFlusher;
  readonly handlers: ErrorHandlers;
  readonly crashPoints: CrashPoints;
  readonly changelogTopicOf: (store: string) => string;
  readonly nowMs: () => number;
  /** Commit id of the offsets that the task started from. */
  readonly lastCommitId: string | undefined;
}

export interface CommitRequest {
  /** Unique to this attempt (K8). */
  readonly commitId: string;
  readonly offsets: readonly OffsetCommit[];
  /** Flush behind this commit, whether due or not. */
  readonly mustFlush: boolean;
}

/**
 * One task's way from an open transaction to a folded one. Owns the order; does not own the layers (TaskState) nor when to commit (Task).
 * - K2 changelog and outputs → input offsets with a commit id → commit the log transaction → fold. Folding earlier would let the store run
 *   ahead of the log after an abort; clearing the collector earlier would lose outputs.
 * - K4 Nothing is sent before `run`, so a processor that fails touches only memory.
 * - K2 A flush that is due takes its positions before the commit: only a commit that succeeds afterwards proves that nobody else wrote the
 *   changelogs before they were read. A former owner would else flush its old layer under the position of the next owner's data.
 * - K7 After LOG_FENCED nothing is folded, flushed or sent.
 * - K8 After an unknown outcome the log is asked whose commit stands, before anything else.
 * No write to the state may happen while `run` is pending: it would be folded without being in the log.
 */
export class CommitCycle {
  readonly #options: CommitCycleOptions;
  #lastCommitId: string | undefined;

  constructor(options: CommitCycleOptions) {
    this.#options = options;
    this.#lastCommitId = options.lastCommitId;
  }

  lastCommitId(): string | undefined {
    return this.#lastCommitId;
  }

  /**
   * @throws {SERDE_FAILED} a changed value cannot be serialized: close and rebuild the task.
   * @throws anything unclassified: close and rebuild the task; the store stays valid (K5).
   */
  async run({ commitId, offsets, mustFlush }: CommitRequest): Promise<CommitOutcome> {
    const { state, collector, crashPoints, flusher } = this.#options;
    crashPoints.reach('commit-started');
    const changelog = state.takeChangelog();
    crashPoints.reach('changelog-taken');
    const positions: ChangelogPositions | undefined = mustFlush || state.shouldFlush() ? await flusher.readPositions() : undefined;
    const outcome = await this.#write(this.#batch(changelog, offsets), changelog.length, commitId);
    if (outcome !== 'committed') return outcome;
    crashPoints.reach('log-committed');
    this.#lastCommitId = commitId;
    state.fold();
    collector.clear();
    crashPoints.reach('folded');
    if (positions !== undefined) await flusher.start(positions, commitId);
    return 'committed';
  }

  /** Changelog first, so that outputs can be told apart by their place. */
  #batch(changelog: readonly ChangelogEntry[], offsets: readonly OffsetCommit[]): CommitBatch {
    const { collector, partition, changelogTopicOf, nowMs, crashPoints } = this.#options;
    // Wall clock, because the log's retention counts from it: state made from old events must not expire at once.
    const timestampMs = nowMs();
    const records: OutputRecord[] = [];
    let topic = '';
    let topicStore: string | undefined;
    for (const { store, key, value } of changelog) {
      // Entries of a store stand together, so its topic is named once.
      if (store !== topicStore) topic = changelogTopicOf(store);
      topicStore = store;
      records.push({ topic, partition, key, value, timestampMs });
    }
    for (const { record } of collector.records()) records.push(record);
    return { records, offsets, onSent: () => crashPoints.reach('records-sent') };
  }

  async #write(batch: CommitBatch, changelogCount: number, commitId: string): Promise<CommitOutcome> {
    const { channel } = this.#options;
    try {
      await channel.commit(batch);
      return 'committed';
    } catch (error) {
      if (!hasCode(error, 'LOG_RECORD_TOO_LARGE')) return this.#judge(error, commitId);
    }
    try {
      await channel.commitEach(batch, (index, error) => this.#replaceTooLarge(index - changelogCount, error));
      return 'committed';
    } catch (error) {
      return this.#judge(error, commitId);
    }
  }

  async #judge(error: unknown, commitId: string): Promise<CommitOutcome> {
    const { channel } = this.#options;
    if (hasCode(error, 'LOG_FENCED')) return 'lost';
    if (hasCode(error, 'LOG_STALE_MEMBER') && channel.isAtomic) return 'rolled-back';
    if (!hasCode(error, 'LOG_UNKNOWN_OUTCOME')) throw error;
    const settlement = await channel.settle(commitId, this.#lastCommitId);
    return settlement === 'aborted' ? 'rolled-back' : settlement;
  }

  #replaceTooLarge(outputIndex: number, error: unknown): readonly OutputRecord[] {
    const { collector, handlers, taskId } = this.#options;
    const collected = collector.records()[outputIndex];
    if (collected?.source === undefined) {
      throw new StepwrightError(
        'TASK_FAILED',
        `task ${taskId} has a changelog entry or a punctuation's output above the log's record limit`,
        { cause: error },
      );
    }
    const { source, nodeName, record } = collected;
    const action = handlers.production({ taskId, nodeName, source, error });
    if (action === 'fail')
      throw new StepwrightError('TASK_FAILED', `an output of node "${nodeName}" is above the log's record limit`, { cause: error });
    if (action === 'drop') return [];
    return [collector.deadLetterRecord({ source, key: record.key, taskId, nodeName, ...describeError(error, 'LOG_RECORD_TOO_LARGE') })];
  }
}
