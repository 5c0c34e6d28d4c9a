import type { Metrics } from '../../base/metrics.ts';
import type { RestoreProgress } from '../restore-driver.ts';
import type { StreamApp } from '../stream-app.ts';

/** What a thread runs: usually a `StreamApp` with what it stands on. */
export interface ThreadApp extends Pick<StreamApp, 'state' | 'health' | 'tasks'> {
  /** Hands its tasks over, leaves the group, and closes what the factory opened. */
  close(): Promise<void>;
}

/** What a thread's factory is given. Everything else, its connection to the log above all, it makes itself: nothing is shared between threads. */
export interface ThreadContext {
  /** From 0. */
  readonly index: number;
  readonly count: number;
  /** What the main thread handed to all, a structured clone. */
  readonly data: unknown;
  /** Read by the main thread, with the label `thread`. */
  readonly metrics: Metrics;
  /** Told to the main thread: what fails again and again, as a message for a person. */
  readonly onFailed: (message: string) => void;
  /** Told to the main thread: how restores go on. */
  readonly onRestore: (progress: RestoreProgress) => void;
}

/** Exported by the module as `createThreadApp`. Resolves when the app was started; it need not run yet. */
export type CreateThreadApp = (context: ThreadContext) => Promise<ThreadApp>;
