import type { Clock } from '../base/clock.ts';
import { StepwrightError } from '../base/errors.ts';
import type { RecordBatch, TopicPartitionOffset } from '../log/log.ts';
import type { StoredPosition, TaskState, WipeReason } from '../../state/task-state.ts';
import { applyBatches } from './apply-batches.ts';
import type { ChangelogRange } from './changelog-ranges.ts';
import type { ChangelogFeed, ChangelogReader } from './changelog-reader.ts';

export interface RestoreProgress {
  readonly taskId: string;
  readonly restoredCount: number;
  readonly restoredBytes: number;
  /** Offsets left, an upper bound: offsets are sparse. */
  readonly remainingCount: number;
  /** Estimated from the rate so far; undefined before there is one. */
  readonly secondsLeft: number | undefined;
  readonly isDone: boolean;
  readonly wiped: WipeReason | undefined;
}

export interface RestoreOptions {
  readonly state: TaskState;
  /** Why the store was deleted before it was opened; it is told as a wipe (K5). */
  readonly deletedFor?: WipeReason | undefined;
  readonly reader: ChangelogReader;
  readonly changelogs: readonly ChangelogRange[];
  readonly clock: Clock;
  readonly tombstoneMarginMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RestoreProgress) => void;
}

/**
 * Brings a store to the end of its changelogs, from where it stands (K3). Wipes first only for a named reason (K5). "Caught up" is a
 * position reached, never a count: offsets are sparse.
 * @throws {LOG_OFFSET_OUT_OF_RANGE} retention ran past the position while restoring: open the task again.
 */
export async function restoreState(options: RestoreOptions): Promise<RestoreProgress> {
  const { state, changelogs, onProgress } = options;
  const { clock, tombstoneMarginMs } = options;
  const startedAtMs = clock.monotonicMs();
  const unfit = wipeReasonOf(state.position(), { changelogs, tombstoneMarginMs, nowMs: clock.nowMs() });
  if (unfit !== undefined) await state.wipe(unfit);
  const wiped = options.deletedFor ?? unfit;
  const stored = state.position().changelogs;
  const from = changelogs.map((changelog) => ({
    ...changelog,
    nextOffset: stored.get(changelog.store)?.nextOffset ?? changelog.startOffset,
  }));
  const counts = { restoredCount: 0, restoredBytes: 0 };
  const report = (remainingCount: number, isDone: boolean) => {
    const perSec = counts.restoredCount / Math.max(0.001, (clock.monotonicMs() - startedAtMs) / 1000);
    const secondsLeft = counts.restoredCount === 0 ? undefined : Math.ceil(remainingCount / perSec);
    const progress = { taskId: state.taskId, ...counts, remainingCount, secondsLeft, isDone, wiped };
    onProgress(progress);
    return progress;
  };
  const behind = from.filter((changelog) => changelog.nextOffset < changelog.endOffset);
  if (behind.length > 0) await copyTail(options, behind, counts, report);
  await state.finishRestore();
  return report(0, true);
}

async function copyTail(
  { reader, state, signal }: RestoreOptions,
  behind: readonly (ChangelogRange & TopicPartitionOffset)[],
  counts: { restoredCount: number; restoredBytes: number },
  report: (remainingCount: number, isDone: boolean) => void,
): Promise<void> {
  const cursors = behind.map((one) => ({ ...one }));
  const remaining = () => cursors.reduce((sum, one) => sum + Math.max(0, Number(one.endOffset - one.nextOffset)), 0);
  report(remaining(), false);
  await new Promise<void>((resolve, reject) => {
    const take = async (batches: readonly RecordBatch[]) => {
      const added = await applyBatches(state, cursors, batches);
      counts.restoredCount += added.recordCount;
      counts.restoredBytes += added.byteCount;
      const left = remaining();
      report(left, false);
      if (left === 0) end(resolve);
    };
    const feed: ChangelogFeed = { isRestore: true, cursors, take, failed: (error) => end(() => reject(asError(error))) };
    // The state is closed behind a rejection: nothing may be put into it any more.
    const stop = () => void reader.remove(feed).then(() => reject(asError(signal.reason)), reject);
    const end = (settle: () => void) => {
      signal.removeEventListener('abort', stop);
      // Not awaited: `take` would wait for itself.
      void reader.remove(feed);
      settle();
    };
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop);
    reader.add(feed);
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new StepwrightError('TASK_FAILED', 'a restore ended', { cause: error });
}

/** Why what is on disk cannot be brought forward; undefined when it can. A process that died is no reason (K5). */
export function wipeReasonOf(
  stored: StoredPosition,
  {
    changelogs,
    nowMs,
    tombstoneMarginMs,
  }: { readonly changelogs: readonly ChangelogRange[]; readonly nowMs: number; readonly tombstoneMarginMs: number },
): WipeReason | undefined {
  for (const changelog of changelogs) {
    const position = stored.changelogs.get(changelog.store);
    if (position === undefined) continue;
    if (position.topicId !== changelog.topicId) return 'topic-recreated';
    if (position.nextOffset < changelog.startOffset || position.nextOffset > changelog.endOffset) return 'position-out-of-range';
    const ageMs = stored.flushedAtMs === undefined ? 0 : nowMs - stored.flushedAtMs;
    if (position.nextOffset < changelog.endOffset && ageMs > changelog.tombstoneRetentionMs - tombstoneMarginMs)
      return 'tombstones-expired';
  }
  return undefined;
}
