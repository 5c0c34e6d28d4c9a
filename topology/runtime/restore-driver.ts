import type { Clock } from '../base/clock.ts';
import type { Log, TopicPartitionOffset } from '../log/log.ts';
import type { ChangelogEntry, ChangelogPosition, StoredPosition, TaskState, WipeReason } from '../../state/task-state.ts';
import type { TaskChangelog } from './state-flusher.ts';

/** A changelog of the task as the log has it now. */
export interface ChangelogRange extends TaskChangelog {
  readonly startOffset: bigint;
  /** Read-uncommitted end: what a committed transaction may still be settling up to. */
  readonly endOffset: bigint;
  readonly tombstoneRetentionMs: number;
}

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
  readonly log: Log;
  readonly changelogs: readonly ChangelogRange[];
  readonly clock: Clock;
  readonly tombstoneMarginMs: number;
  readonly pollBytes: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RestoreProgress) => void;
}

const pollWaitMs = 50;

/**
 * Brings a store to the end of its changelogs, from where it stands (K3). Wipes first only for a named reason (K5). "Caught up" is a
 * position reached, never a count: offsets are sparse.
 * @throws {LOG_OFFSET_OUT_OF_RANGE} retention ran past the position while restoring: open the task again.
 */
export async function restoreState(options: RestoreOptions): Promise<RestoreProgress> {
  const { state, changelogs, onProgress } = options;
  const { clock, tombstoneMarginMs } = options;
  const startedAtMs = clock.monotonicMs();
  const wiped = wipeReasonOf(state.position(), { changelogs, tombstoneMarginMs, nowMs: clock.nowMs() });
  if (wiped !== undefined) await state.wipe(wiped);
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
  { log, state, pollBytes, signal }: RestoreOptions,
  behind: readonly (ChangelogRange & TopicPartitionOffset)[],
  counts: { restoredCount: number; restoredBytes: number },
  report: (remainingCount: number, isDone: boolean) => void,
): Promise<void> {
  const reader = await log.openReader({ from: behind, isolation: 'read_committed' });
  let maxWaitMs = 0;
  try {
    for (;;) {
      const remainingCount = behind.reduce((sum, one) => sum + Math.max(0, Number(one.endOffset - reader.position(one))), 0);
      report(remainingCount, false);
      if (remainingCount === 0) return;
      signal.throwIfAborted();
      const batches = await reader.poll({ maxWaitMs, maxBytes: pollBytes });
      // An empty answer may still have moved the position over aborted records: look before waiting.
      maxWaitMs = batches.length === 0 && maxWaitMs === 0 ? pollWaitMs : 0;
      const entries: ChangelogEntry[] = [];
      const positions = new Map<string, ChangelogPosition>();
      for (const batch of batches) {
        const changelog = behind.find((one) => one.topic === batch.topic);
        if (changelog === undefined) continue;
        for (const { key, value } of batch.records) {
          if (key === null) continue;
          entries.push({ store: changelog.store, key, value });
          counts.restoredBytes += key.length + (value?.length ?? 0);
        }
        positions.set(changelog.store, { nextOffset: batch.nextOffset, topicId: changelog.topicId });
      }
      counts.restoredCount += entries.length;
      if (batches.length > 0) await state.restore(entries, positions);
    }
  } finally {
    await reader.close();
  }
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
