import { createSystemClock, type Clock } from '../../base/clock.ts';
import { mergeMetricPages } from '../../base/metric-pages.ts';
import type { AppState } from '../app-state.ts';
import type { TaskDescription } from '../describe-tasks.ts';
import type { RestoreProgress } from '../restore-driver.ts';
import type { AppHealth } from '../stream-app.ts';
import { ThreadHandle } from './thread-handle.ts';

export interface StreamThreadsOptions {
  /** Module that exports `createThreadApp` (`CreateThreadApp`); compiled JavaScript. */
  readonly module: URL;
  readonly threadCount: number;
  /** Handed to each factory as a structured clone. */
  readonly data?: unknown;
  /** What fails again and again in a thread, or a thread that ended, as a message for a person. */
  readonly onFailed?: (message: string) => void;
  /** As of an app, from whichever thread. */
  readonly onRestore?: (progress: RestoreProgress) => void;
  readonly clock?: Clock;
}

/** Several apps of one group in one process, each in a worker thread with its own log, tasks and state folder. */
export interface StreamThreads {
  state(): AppState;
  /** Alive and healthy when all threads are; ready when all are. A thread that ended makes the process unhealthy for good. */
  health(): AppHealth;
  /** Of all threads. */
  tasks(): Promise<readonly TaskDescription[]>;
  /** The metrics of all threads in the text format, told apart by the label `thread`. */
  metricsText(): Promise<string>;
  /** Each hands its tasks over and leaves the group; all end. Idempotent. */
  close(): Promise<void>;
}

/** A thread that says nothing for so long is held by something. */
const aliveWithinMs = 30_000;

/**
 * Starts the threads and resolves when all apps were started.
 * @throws what a factory threw, by its code, with all threads ended.
 */
export async function startStreamThreads(options: StreamThreadsOptions): Promise<StreamThreads> {
  const { module, threadCount, data, onFailed = () => {}, onRestore = () => {}, clock = createSystemClock() } = options;
  const births = Array.from({ length: threadCount }, (_, index) => ({ moduleUrl: module.href, index, count: threadCount, data }));
  const handles = births.map((birth) => new ThreadHandle({ birth, nowMs: () => clock.monotonicMs(), onFailed, onRestore }));
  const threads = new WorkerThreads(handles);
  try {
    await Promise.all(handles.map((handle) => handle.started()));
    return threads;
  } catch (error) {
    await threads.close();
    throw error;
  }
}

class WorkerThreads implements StreamThreads {
  readonly #handles: readonly ThreadHandle[];
  #isClosing = false;
  #closing: Promise<void> | undefined;

  constructor(handles: readonly ThreadHandle[]) {
    this.#handles = handles;
  }

  /** The worst of all threads'. */
  state(): AppState {
    if (this.#isClosing) return this.#handles.every((handle) => handle.hasEnded()) ? 'closed' : 'closing';
    if (this.#handles.some((handle) => handle.hasEnded())) return 'error';
    const states = this.#handles.map((handle) => handle.health()?.state ?? 'created');
    return (['error', 'created', 'rebalancing', 'closing'] as const).find((state) => states.includes(state)) ?? 'running';
  }

  health(): AppHealth {
    const state = this.state();
    const healths = this.#handles.map((handle) => handle.health());
    const isAlive = this.#handles.every((handle) => !handle.hasEnded() && handle.silentMs() < aliveWithinMs);
    return {
      isAlive: isAlive && healths.every((health) => health?.isAlive ?? true),
      isReady: state === 'running',
      isHealthy: state !== 'error' && state !== 'closed' && healths.every((health) => health?.isHealthy ?? true),
      state,
    };
  }

  async tasks(): Promise<readonly TaskDescription[]> {
    return (await Promise.all(this.#handles.map((handle) => handle.tasks()))).flat();
  }

  async metricsText(): Promise<string> {
    return mergeMetricPages(await Promise.all(this.#handles.map((handle) => handle.metricsText())));
  }

  close(): Promise<void> {
    this.#isClosing = true;
    // Together, or each that stays would take over the tasks of the one that leaves.
    return (this.#closing ??= Promise.all(this.#handles.map((handle) => handle.close())).then(() => undefined));
  }
}
