/**
 * Life of a task. `running` processes; `committing` waits for the log and touches no state; `failed` waits for its owner to close it.
 * | from | may become |
 * |---|---|
 * | restoring | running (the changelog's end was reached), failed, closed |
 * | running | committing, failed, closed |
 * | committing | running (committed, or rolled back), failed, closed |
 * | failed | closed |
 */
export const taskTransitions = {
  restoring: ['running', 'failed', 'closed'],
  running: ['committing', 'failed', 'closed'],
  committing: ['running', 'failed', 'closed'],
  failed: ['closed'],
  closed: [],
} as const;

export type TaskStatus = keyof typeof taskTransitions;

export function mayBecome(from: TaskStatus, to: TaskStatus): boolean {
  return taskTransitions[from].some((status) => status === to);
}
