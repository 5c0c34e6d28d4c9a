import { StepwrightError } from '../../../base/errors.ts';
import type { TaskDescription } from '../../describe-tasks.ts';
import type { ThreadApp, ThreadContext } from '../thread-app.ts';

/** How the fake of a thread behaves, by its index. */
export type FakeThread = 'runs' | 'restores' | 'fails' | 'refuses' | 'crashes';

/** An app without a log, for tests of what is around it. */
export async function createThreadApp({ index, data, metrics, onFailed, onRestore }: ThreadContext): Promise<ThreadApp> {
  const behaviour = behaviourOf(data, index);
  if (behaviour === 'refuses') throw new StepwrightError('STATE_LOCKED', 'the folder is in use');
  metrics.counter('process_total', 'Records processed', ['task']).add(index + 1, { task: `0_${index}` });
  metrics.counter('task_created_total', 'Tasks that this member was given').add(1);
  if (behaviour === 'fails') onFailed('task 0_1: it fails');
  const progress = { restoredBytes: 70, remainingCount: 3, secondsLeft: 1, isDone: false, wiped: 'topic-recreated' } as const;
  if (behaviour === 'restores') onRestore({ ...progress, taskId: `0_${index}`, restoredCount: 7 });
  if (behaviour === 'crashes') setTimeout(() => crash(), 20);
  const state = behaviour === 'restores' ? 'rebalancing' : behaviour === 'fails' ? 'error' : 'running';
  const keepAlive = setInterval(() => {}, 1_000);
  return {
    state: () => state,
    health: () => ({ isAlive: true, isReady: state === 'running', isHealthy: state !== 'error', state }),
    tasks: async () => [task(`0_${index}`)],
    close: async () => clearInterval(keepAlive),
  };
}

function crash(): never {
  throw new TypeError('nobody foresaw this');
}

function behaviourOf(data: unknown, index: number): unknown {
  return Array.isArray(data) ? data[index] : undefined;
}

function task(taskId: string): TaskDescription {
  const counts = { failureCount: 0, copyLagCount: 0, asyncInFlightCount: 0, asyncShare: 0, openCount: 0, unflushedBytes: 0 };
  const inputs = [{ topic: 'in', partition: 0, committedOffset: 7n, endOffset: 9n, lagCount: 2 }];
  return { taskId, role: 'active', status: 'running', ...counts, inputs, restore: undefined };
}
