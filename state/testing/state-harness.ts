import { jsonSerde } from '../../schemas/serdes.ts';
import type { Clock } from '../../topology/base/clock.ts';
import type { BackendFactory } from '../backend.ts';
import { int64Key, pairKey, stringKey } from '../keys/key-serdes.ts';
import { keyValueStore, sessionStore, ttlStore, windowStore } from '../store.ts';
import { defaultStateBudgets } from '../task-state.ts';
import type { ChangelogEntry, ChangelogPosition, StateBudgets, TaskState } from '../task-state.ts';
import { openTaskState } from '../task/open-task-state.ts';
import { createFaultyBackendFactory } from './faulty-backend.ts';

const json = jsonSerde<number>();

/** One store of each kind, as the contract suite uses them. */
export const contractStores = {
  counts: keyValueStore('counts', { key: stringKey, value: json }),
  pairs: keyValueStore('pairs', { key: pairKey(stringKey, int64Key), value: json }),
  local: keyValueStore('local', { key: stringKey, value: json, changelog: false }),
  recent: ttlStore('recent', { key: stringKey, value: json, ttlMs: 100 }),
  windows: windowStore('windows', { key: stringKey, value: json, windowSizeMs: 10, retentionMs: 100 }),
  sessions: sessionStore('sessions', { key: stringKey, value: json, inactivityGapMs: 10, retentionMs: 100 }),
};

export const contractSpecs = Object.values(contractStores);

/** A clock that a test moves. Timers never fire. */
export function createStoppedClock(): Clock & { advance(ms: number): void } {
  let nowMs = 1_000_000;
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    setTimer: () => () => {},
    advance: (ms) => {
      nowMs += ms;
    },
  };
}

/** A task's state with a log beside it: commits, aborts and crashes as the runtime does them. */
export class StateHarness {
  readonly faults;
  readonly clock = createStoppedClock();
  readonly budgets: StateBudgets;
  readonly #directory: string;
  /** Offset n is the changelog entry at index n. One log for all stores keeps positions simple. */
  readonly log: ChangelogEntry[] = [];
  #state: TaskState | undefined;

  constructor(backend: BackendFactory, directory: string, budgets: Partial<StateBudgets> = {}) {
    this.faults = createFaultyBackendFactory(backend);
    this.#directory = directory;
    this.budgets = { ...defaultStateBudgets, ...budgets };
  }

  get state(): TaskState {
    if (this.#state === undefined) throw new RangeError('open the harness first');
    return this.#state;
  }

  async open(specs: Parameters<typeof openTaskState>[0]['stores'] = contractSpecs): Promise<TaskState> {
    const { faults: backend, clock, budgets } = this;
    this.#state = await openTaskState({ taskId: '0_0', directory: this.#directory, stores: specs, backend, clock, budgets });
    return this.#state;
  }

  /** A whole commit, with the log in the middle (K2). Returns its changelog entries. */
  commit(): readonly ChangelogEntry[] {
    const entries = this.state.takeChangelog();
    this.log.push(
      ...entries.map(({ store, key, value }) => ({ store, key: Buffer.from(key), value: value === null ? null : Buffer.from(value) })),
    );
    this.state.fold();
    return entries;
  }

  positions(): Map<string, ChangelogPosition> {
    const at = { nextOffset: BigInt(this.log.length), topicId: 'topic' };
    return new Map(contractSpecs.map((spec) => [spec.name, at]));
  }

  flush(): Promise<void> {
    return this.state.flush({ changelogs: this.positions(), metadata: `commit ${this.log.length}` });
  }

  /** Loses memory without a flush, opens the same directory and restores the tail. Returns how many records that took. */
  async crash(): Promise<number> {
    this.faults.release();
    await this.state.close();
    await this.open();
    return this.restore();
  }

  async restore(batchCount = 3): Promise<number> {
    const from = Number(this.state.position().changelogs.get('counts')?.nextOffset ?? 0n);
    for (let at = from; at < this.log.length; at += batchCount) {
      const end = Math.min(at + batchCount, this.log.length);
      const next = { nextOffset: BigInt(end), topicId: 'topic' };
      await this.state.restore(this.log.slice(at, end), new Map(contractSpecs.map((spec) => [spec.name, next])));
    }
    await this.state.finishRestore();
    return this.log.length - from;
  }
}
