import assert from 'node:assert/strict';
import type { ReadOnlyKeyValueStore, StoreSpec } from '../../../state/store.ts';
import type { TaskState } from '../../../state/task-state.ts';
import type { Clock } from '../../base/clock.ts';
import { hasCode, StepwrightError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { GlobalStore } from '../../builder/global-store.ts';
import type { Log, RecordBatch, TopicDescription, TopicPartitionOffset } from '../../log/log.ts';
import { backOffMs } from '../back-off.ts';
import type { ChangelogRange } from '../changelog-ranges.ts';
import { ChangelogReader, type ChangelogCursor, type ChangelogFeed } from '../changelog-reader.ts';
import { errorFields } from '../error-fields.ts';
import { wipeReasonOf } from '../restore-driver.ts';
import { applyGlobal, type GlobalCursor } from './apply-global.ts';

/** The read side of a declared global store. */
export type ReadGlobalStore = <K, V>(store: GlobalStore<K, V>) => ReadOnlyKeyValueStore<K, V>;

export interface GlobalStoresOptions {
  readonly stores: readonly GlobalStore<unknown, unknown>[];
  readonly log: Log;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Every topic of the topology, as it was at start. */
  readonly topics: ReadonlyMap<string, TopicDescription>;
  readonly pollBytes: number;
  readonly tombstoneMarginMs: number;
  readonly random: () => number;
  readonly openState: (stores: readonly StoreSpec<unknown, unknown>[]) => Promise<TaskState>;
}

/**
 * The global stores of one instance: one state of their own, one reader of all partitions of their topics. Tasks only read them, from the same
 * thread, so a read never meets half a batch.
 * - K2 Data and positions are of the same moment, so a restart reads the tail only.
 * - K5 They are wiped for a named reason only.
 */
export class GlobalStores {
  readonly #options: GlobalStoresOptions;
  readonly #reader: ChangelogReader;
  #state: TaskState | undefined;
  #cursors: readonly GlobalCursor[] = [];
  #feed: ChangelogFeed | undefined;
  #failureCount = 0;
  #cancelRetry = () => {};
  #endWait = () => {};
  #isClosed = false;

  constructor(options: GlobalStoresOptions) {
    this.#options = options;
    this.#reader = new ChangelogReader({ log: options.log, pollBytes: () => options.pollBytes });
  }

  /**
   * Resolves when the stores hold everything that their topics held at the call; a read that fails meanwhile is tried again as long as its error says so. Then they
   * go on reading. @throws whatever opens a state.
   */
  async start(): Promise<void> {
    const { stores, log, topics } = this.#options;
    if (stores.length === 0) return;
    this.#state = await this.#options.openState(stores.map(({ store }) => store));
    const partitions = stores.flatMap((global) => {
      const { partitionCount = 0 } = topics.get(global.topic) ?? {};
      return Array.from({ length: partitionCount }, (_, partition) => ({ topic: global.topic, partition, global }));
    });
    const ranges = await log.offsets(partitions, 'read_committed');
    const changelogs = partitions.map((at): ChangelogRange & { readonly global: GlobalStore<unknown, unknown> } => {
      const range = ranges.find((one) => one.topic === at.topic && one.partition === at.partition);
      const { id: topicId = '', tombstoneRetentionMs = Infinity } = topics.get(at.topic) ?? {};
      const { startOffset = 0n, nextOffset: endOffset = 0n } = range ?? {};
      return { ...at, store: positionName(at.global, at.partition), topicId, tombstoneRetentionMs, startOffset, endOffset };
    });
    await this.#wipeIfNeeded(this.#state, changelogs);
    const stored = this.#state.position().changelogs;
    this.#cursors = changelogs.map((one) => ({ ...one, nextOffset: stored.get(one.store)?.nextOffset ?? one.startOffset }));
    const ends = new Map<ChangelogCursor, bigint>(this.#cursors.map((cursor, index) => [cursor, changelogs[index]?.endOffset ?? 0n]));
    if (this.#isClosed) return;
    await this.#readUpTo(ends, this.#state);
    if (this.#isClosed) return;
    await this.#state.finishRestore();
    this.#follow(this.#state);
  }

  read<K, V>(global: GlobalStore<K, V>): ReadOnlyKeyValueStore<K, V> {
    assert(this.#state, `global store "${global.store.name}" is not open`);
    return this.#state.store(global.store);
  }

  /** By name, for queries; undefined when there is none, or before it holds what its topic held at the start. */
  find(name: string): { readonly state: TaskState; readonly positions: readonly TopicPartitionOffset[] } | undefined {
    if (this.#state === undefined || this.#feed === undefined) return undefined;
    const own = this.#cursors.filter(({ global }) => global.store.name === name);
    return own.length === 0
      ? undefined
      : { state: this.#state, positions: this.positions().filter(({ topic }) => topic === own[0]?.topic) };
  }

  /** How far the stores stand, by partition of their topics. */
  positions(): readonly TopicPartitionOffset[] {
    const stored = this.#state?.position().changelogs;
    return this.#cursors.map(({ topic, partition, store }) => ({ topic, partition, nextOffset: stored?.get(store)?.nextOffset ?? 0n }));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRetry();
    await this.#reader.close();
    this.#endWait();
    await this.#state?.close();
  }

  async #wipeIfNeeded(state: TaskState, changelogs: readonly ChangelogRange[]): Promise<void> {
    const { clock, tombstoneMarginMs } = this.#options;
    const reason = wipeReasonOf(state.position(), { changelogs, nowMs: clock.nowMs(), tombstoneMarginMs });
    if (reason !== undefined) await state.wipe(reason);
  }

  async #readUpTo(ends: ReadonlyMap<ChangelogCursor, bigint>, state: TaskState): Promise<void> {
    const isDone = () => [...ends].every(([cursor, endOffset]) => cursor.nextOffset >= endOffset);
    if (isDone()) return;
    await new Promise<void>((resolve, reject) => {
      const feed: ChangelogFeed = {
        isRestore: true,
        cursors: this.#cursors,
        take: async (batches) => {
          await this.#apply(state, batches);
          if (batches.length > 0) this.#failureCount = 0;
          if (!isDone()) return;
          void this.#reader.remove(feed);
          resolve();
        },
        failed: (error) => {
          if (error instanceof StepwrightError && error.disposition === 'retry') this.#readAgain(feed, state, error);
          else reject(error instanceof Error ? error : new Error(String(error)));
        },
      };
      this.#endWait = resolve;
      this.#reader.add(feed);
    });
  }

  #follow(state: TaskState): void {
    this.#feed = {
      isRestore: false,
      cursors: this.#cursors,
      take: async (batches) => {
        if (batches.length === 0) return;
        await this.#apply(state, batches);
        // At once, so that it can be read.
        await state.finishRestore();
        this.#failureCount = 0;
      },
      failed: (error) => void this.#retry(state, error),
    };
    this.#reader.add(this.#feed);
  }

  async #apply(state: TaskState, batches: readonly RecordBatch[]): Promise<void> {
    const refusedCount = await applyGlobal(state, this.#cursors, batches);
    if (refusedCount > 0) this.#options.logger.warn({ refusedCount }, 'records of a global store cannot be decoded and were left out');
  }

  /** Goes on from what is written; from the start when that is gone. The stores stay readable as they are. */
  async #retry(state: TaskState, error: unknown): Promise<void> {
    if (this.#isClosed) return;
    if (hasCode(error, 'LOG_OFFSET_OUT_OF_RANGE')) await this.#startOver(state);
    else this.#rewind(state);
    this.#later(error, () => this.#follow(state));
  }

  #later(error: unknown, again: () => void): void {
    const { clock, logger, random } = this.#options;
    if (this.#isClosed) return;
    this.#failureCount += 1;
    logger.warn({ ...errorFields(error), failureCount: this.#failureCount }, 'global stores fall behind: reading goes on after a back-off');
    this.#cancelRetry = clock.setTimer(backOffMs(this.#failureCount, random()), again);
  }

  #readAgain(feed: ChangelogFeed, state: TaskState, error: unknown): void {
    this.#rewind(state);
    this.#later(error, () => this.#reader.add(feed));
  }

  /** To what is written: what failed may be a store that has not taken what the cursors have passed. */
  #rewind(state: TaskState): void {
    const stored = state.position().changelogs;
    for (const cursor of this.#cursors) cursor.nextOffset = stored.get(cursor.store)?.nextOffset ?? cursor.startOffset;
  }

  async #startOver(state: TaskState): Promise<void> {
    const { log, logger } = this.#options;
    try {
      const ranges = await log.offsets(this.#cursors, 'read_committed');
      await state.wipe('position-out-of-range');
      for (const cursor of this.#cursors) {
        const range = ranges.find((one) => one.topic === cursor.topic && one.partition === cursor.partition);
        cursor.nextOffset = range?.startOffset ?? 0n;
      }
    } catch (error) {
      logger.warn(errorFields(error), 'a global store could not be begun anew; it is tried again');
    }
  }
}

/** Under which name the position of a partition is kept beside the data. */
function positionName({ store }: GlobalStore<unknown, unknown>, partition: number): string {
  return `${store.name}#${partition}`;
}
