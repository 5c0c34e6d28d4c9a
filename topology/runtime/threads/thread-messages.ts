import type { AppHealth } from '../stream-app.ts';
import type { TaskDescription } from '../describe-tasks.ts';
import type { RestoreProgress } from '../restore-driver.ts';

/** Handed to a worker at its birth. */
export interface WorkerBirth {
  readonly moduleUrl: string;
  readonly index: number;
  readonly count: number;
  readonly data: unknown;
}

/** What the main thread asks; answered under the same number. */
export interface ThreadQuestion {
  readonly number: number;
  readonly wants: 'tasks' | 'metrics' | 'close';
}

/** What a worker says. Errors travel as messages: their classes do not survive the way. */
export type ThreadNews =
  | { readonly kind: 'started' }
  | { readonly kind: 'refused'; readonly code: string | undefined; readonly message: string }
  | { readonly kind: 'health'; readonly health: AppHealth }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'restore'; readonly progress: RestoreProgress }
  | {
      readonly kind: 'answer';
      readonly number: number;
      readonly tasks?: readonly TaskDescription[];
      readonly text?: string;
      readonly problem?: string;
    };
