import { setImmediate as yieldToIo } from 'node:timers/promises';
import type { RecordBatch } from '../log/log.ts';
import type { ChangelogEntry, ChangelogPosition, TaskState } from '../../state/task-state.ts';
import type { TaskChangelog } from './state-flusher.ts';

/** Records folded before tasks that process get a turn: a few milliseconds. */
const recordsPerTurn = 1_000;

/** Puts changelog records into a task's state, with the positions behind them. Returns how much that was. */
export async function applyBatches(
  state: TaskState,
  changelogs: readonly TaskChangelog[],
  batches: readonly RecordBatch[],
): Promise<{ readonly recordCount: number; readonly byteCount: number }> {
  let recordCount = 0;
  let byteCount = 0;
  for (const { topic, records, nextOffset } of batches) {
    const changelog = changelogs.find((one) => one.topic === topic);
    if (changelog === undefined) continue;
    const { store, topicId } = changelog;
    const behind = new Map<string, ChangelogPosition>([[store, { nextOffset, topicId }]]);
    for (let from = 0; from < records.length || from === 0; from += recordsPerTurn) {
      if (from > 0) await yieldToIo();
      const part = records.slice(from, from + recordsPerTurn);
      const entries: ChangelogEntry[] = [];
      for (const { key, value } of part) {
        if (key === null) continue;
        entries.push({ store, key, value });
        byteCount += key.length + (value?.length ?? 0);
      }
      recordCount += entries.length;
      // A position stands for all that is before it: it goes with the last part only.
      await state.restore(entries, from + recordsPerTurn >= records.length ? behind : nothing);
    }
  }
  return { recordCount, byteCount };
}

const nothing: ReadonlyMap<string, ChangelogPosition> = new Map();
