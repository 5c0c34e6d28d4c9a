import assert from 'node:assert/strict';
import { createSystemClock } from '../base/clock.ts';
import type { StoreSpec } from '../../state/store.ts';
import { StepwrightError } from '../base/errors.ts';
import type { GlobalStore } from '../builder/global-store.ts';
import { createAppEnvironment } from './app-environment.ts';
import { mayMove, type AppState } from './app-state.ts';
import { describeTasks, type TaskDescription } from './describe-tasks.ts';
import { defaultBounds } from './bounds.ts';
import type { GlobalStores } from './globals/global-stores.ts';
import { AppQueries } from './queries/app-queries.ts';
import type { PartitionOwner } from './queries/key-owner.ts';
import type { KeyValueView, ViewOf } from './queries/store-query.ts';
import type { StateSupplier } from './state-supplier.ts';
import type { StreamAppOptions } from './stream-app-options.ts';
import { StreamThread } from './stream-thread.ts';
import type { TaskEnvironment } from './task-environment.ts';

export interface AppHealth {
  /** The loop turns. False means that something holds it, or that the app was closed. */
  readonly isAlive: boolean;
  /** Every assigned task runs. */
  readonly isReady: boolean;
  /** False when a task or the membership keeps failing: an orchestrator should look, or restart the process. */
  readonly isHealthy: boolean;
  readonly state: AppState;
}

/** A running topology. Owns its threads, tasks and state; not the log. */
export interface StreamApp {
  /** Checks and creates topics, locks the state directory, begins to join. @throws {LOG_TOPIC_UNKNOWN | TOPOLOGY_INVALID | STATE_LOCKED} */
  start(): Promise<void>;
  /** Commits, flushes, hands its tasks over and leaves the group. Idempotent; never rejects for a task that fails to finish. */
  close(): Promise<void>;
  /** No records and no punctuations until `resume`; the membership is kept (KIP-834). */
  pause(): void;
  resume(): void;
  state(): AppState;
  health(): AppHealth;
  /** For the operator: state, positions, lag and restore progress of every assigned task. Asks the log for the ends. */
  tasks(): Promise<readonly TaskDescription[]>;
  /**
   * Reads a store of the tasks (and copies) of this process; the very spec that a processor declared, or the handle of a global store.
   * @throws {STORE_UNKNOWN} @throws {TASK_FAILED} before `start`.
   */
  store<Spec extends StoreSpec<unknown, unknown>>(spec: Spec): ViewOf<Spec>;
  globalStore<K, V>(global: GlobalStore<K, V>): KeyValueView<K, V>;
  /** The same by name, without types. @throws {STORE_UNKNOWN} */
  storeByName(name: string): KeyValueView<unknown, unknown>;
  /**
   * Which member runs, and which copy, the task that has this key. `partition` is for keys that are not spread by murmur2 of their bytes.
   * @throws {STORE_UNKNOWN}
   */
  keyOwner(storeName: string, key: unknown, partition?: number): PartitionOwner;
  /** The same for every partition of a store. @throws {STORE_UNKNOWN} */
  storeOwners(storeName: string): readonly PartitionOwner[];
  /** Resolves at the first `running`. @throws {TASK_FAILED} when the app was closed before. */
  whenRunning(): Promise<void>;
}

/** Makes an app out of a topology; nothing happens before `start`. */
export function createStreamApp(options: StreamAppOptions): StreamApp {
  return new TopologyApp(options);
}

function randomName(random: () => number): string {
  return Math.floor(random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0');
}

const idlePollMs = 250;
const aliveWithinMs = 30_000;

class TopologyApp implements StreamApp {
  readonly #options: StreamAppOptions;
  readonly #waiting = new Set<(isRunning: boolean) => void>();
  #state: AppState = 'created';
  #environment: TaskEnvironment | undefined;
  #supplier: StateSupplier | undefined;
  #globals: GlobalStores | undefined;
  #thread: StreamThread | undefined;
  #queries: AppQueries | undefined;
  #running: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #keepAlive: NodeJS.Timeout | undefined;

  constructor(options: StreamAppOptions) {
    this.#options = { ...options, clock: options.clock ?? createSystemClock() };
  }

  async start(): Promise<void> {
    assert(this.#state === 'created', 'start may be called once');
    const member = {
      membership: () => this.#thread?.membership(),
      commitOffsets: async (offsets: Parameters<TaskEnvironment['commitOffsets']>[0]) => this.#thread?.commitOffsets(offsets),
    };
    const { environment, supplier, globals } = await createAppEnvironment(this.#options, member);
    if (this.#closing !== undefined) return supplier.close();
    this.#environment = environment;
    this.#supplier = supplier;
    this.#globals = globals;
    await globals.start();
    if (this.#closing !== undefined) return;
    const { onRestore, onTaskFailed, onTaskStateChange } = this.#options;
    this.#thread = new StreamThread({
      environment,
      instanceId: this.#options.instanceId ?? supplier.memberName() ?? randomName(this.#options.random ?? Math.random),
      pollWaitMs: idlePollMs,
      onChange: () => this.#judgeState(),
      onProgress: (progress) => onRestore?.(progress),
      onTaskStatus: (slot, next, previous) => onTaskStateChange?.(slot.name, next, previous),
      onTaskFailed: (slot, error) => {
        onTaskFailed?.(slot.name, error);
        this.#judgeState();
      },
    });
    this.#queries = new AppQueries({ environment, thread: this.#thread, globals });
    this.#move('rebalancing');
    // The clock's timers do not keep a process alive, and an idle app must.
    this.#keepAlive = setInterval(() => {}, 2 ** 30);
    this.#running = this.#thread.run();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  pause(): void {
    this.#thread?.setPaused(true);
  }

  resume(): void {
    this.#thread?.setPaused(false);
  }

  state(): AppState {
    return this.#state;
  }

  health(): AppHealth {
    const nowMs = this.#options.clock?.monotonicMs() ?? 0;
    const isOpen = this.#thread !== undefined && this.#state !== 'closing' && this.#state !== 'closed';
    return {
      isAlive: isOpen && nowMs - (this.#thread?.lastTurnAtMs() ?? 0) < aliveWithinMs,
      isReady: this.#state === 'running',
      isHealthy: isOpen && this.#state !== 'error',
      state: this.#state,
    };
  }

  async tasks(): Promise<readonly TaskDescription[]> {
    if (this.#thread === undefined || this.#environment === undefined) return [];
    return describeTasks(this.#thread, this.#environment);
  }

  store<Spec extends StoreSpec<unknown, unknown>>(spec: Spec): ViewOf<Spec> {
    return this.#asked().view(spec);
  }

  globalStore<K, V>(global: GlobalStore<K, V>): KeyValueView<K, V> {
    return this.#asked().globalView(global);
  }

  storeByName(name: string): KeyValueView<unknown, unknown> {
    return this.#asked().viewByName(name);
  }

  keyOwner(storeName: string, key: unknown, partition?: number): PartitionOwner {
    return this.#asked().keyOwner(storeName, key, partition);
  }

  storeOwners(storeName: string): readonly PartitionOwner[] {
    return this.#asked().storeOwners(storeName);
  }

  #asked(): AppQueries {
    if (this.#queries === undefined) throw new StepwrightError('TASK_FAILED', 'the app has not started: await start() before a query');
    return this.#queries;
  }

  async whenRunning(): Promise<void> {
    if (this.#state === 'running') return;
    await new Promise<void>((resolve, reject) => {
      this.#waiting.add((isRunning) => {
        if (isRunning) resolve();
        else reject(new StepwrightError('TASK_FAILED', 'the app was closed before its tasks ran'));
      });
    });
  }

  async #close(): Promise<void> {
    this.#move('closing');
    await this.#thread?.stop();
    await this.#running;
    clearInterval(this.#keepAlive);
    await this.#globals?.close();
    await this.#supplier?.close();
    this.#move('closed');
  }

  #judgeState(): void {
    const thread = this.#thread;
    if (thread === undefined || this.#state === 'closing' || this.#state === 'closed') return;
    const maxFailures = this.#environment?.bounds.maxTaskFailures ?? defaultBounds.maxTaskFailures;
    const slots = thread.slots();
    const isFailing = thread.joinFailureCount() >= maxFailures || slots.some((slot) => slot.failureCount() >= maxFailures);
    const isRunning = thread.isJoined() && slots.every((slot) => slot.isRunning());
    this.#move(isFailing ? 'error' : isRunning ? 'running' : 'rebalancing');
  }

  #move(next: AppState): void {
    const previous = this.#state;
    if (previous === next) return;
    assert(mayMove(previous, next), `an app that is ${previous} cannot become ${next}`);
    this.#state = next;
    this.#environment?.logger.info({ from: previous, to: next }, 'app state changed');
    this.#options.onStateChange?.(next, previous);
    if (next !== 'running' && next !== 'closed') return;
    for (const waiting of this.#waiting) waiting(next === 'running');
    this.#waiting.clear();
  }
}
