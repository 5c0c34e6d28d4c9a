import type { RestoreProgress } from '../../topology/runtime/restore-driver.ts';

/** Says what a start had to restore: a line a task when there was anything, with the reason when a store was wiped (K5). */
export function restoreReporter(write: (text: string) => void): (progress: RestoreProgress) => void {
  return ({ taskId, restoredCount, isDone, wiped }) => {
    if (!isDone || (restoredCount === 0 && wiped === undefined)) return;
    const reason = wiped === undefined ? '' : `; its store was wiped first: ${wiped}`;
    write(`task ${taskId}: restored ${restoredCount} records from its changelogs${reason}\n`);
  };
}
