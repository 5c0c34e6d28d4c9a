import type {
  GroupedSource,
  GroupMembership,
  OffsetCommit,
  RecordBatch,
  SourceOptions,
  TopicPartition,
  TopicPartitionOffset,
} from '../log.ts';
import { createCursor, type Cursor } from './cursor.ts';
import { defaultMaxBytes, FetchPlan } from './fetch-plan.ts';
import type { Group, GroupMemberHandle } from './group.ts';
import type { LocalStorage } from './local-storage.ts';
import { logClosed, staleMember } from './log-errors.ts';
import { partitionKey } from './partition-key.ts';
import type { WakeSignals } from './wake-signals.ts';

export interface LocalSourceDeps {
  readonly group: Group;
  readonly storage: LocalStorage;
  readonly signals: WakeSignals;
  /** Told at `close`, so that the log forgets this source. */
  readonly onClose: (source: LocalSource) => void;
}

/**
 * One member of a group of an in-process log. Owns positions and calls the rebalance callbacks from inside `poll`;
 * who may hold what is the Group's decision. A partition is released only after `onRevoked` has resolved.
 */
export class LocalSource implements GroupedSource {
  readonly #deps: LocalSourceDeps;
  readonly #options: SourceOptions;
  readonly #plan: FetchPlan;
  readonly #handle: GroupMemberHandle;
  readonly #wakeName: string;
  readonly #cursors = new Map<string, Cursor>();
  #generation = 0;
  #isClosed = false;

  constructor(deps: LocalSourceDeps, options: SourceOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#plan = new FetchPlan(deps.storage, options.isolation ?? 'read_committed');
    this.#wakeName = `member of ${options.groupId}: ${options.memberId}`;
    this.#handle = {
      memberId: options.memberId,
      topics: options.topics,
      assignor: options.assignor,
      userData: options.userData ?? (() => Buffer.alloc(0)),
      wake: () => deps.signals.wake(this.#wakeName),
    };
    deps.group.join(this.#handle);
  }

  async poll(options: { readonly maxWaitMs: number; readonly maxBytes?: number }): Promise<readonly RecordBatch[]> {
    this.#assertOpen();
    const maxBytes = options.maxBytes ?? defaultMaxBytes;
    await this.#rebalance();
    const batches = this.#fetch(maxBytes);
    if (batches.length > 0 || options.maxWaitMs <= 0) return batches;
    if (!this.#hasNews()) await this.#waitForNews(options.maxWaitMs);
    if (this.#isClosed) return [];
    await this.#rebalance();
    return this.#fetch(maxBytes);
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) this.#cursor(at).isPaused = true;
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) this.#cursor(at).isPaused = false;
    this.#handle.wake();
  }

  seek(position: TopicPartitionOffset): void {
    this.#cursor(position).nextOffset = position.nextOffset;
  }

  assignment(): readonly TopicPartition[] {
    return [...this.#cursors.values()].map(({ topic, partition }) => ({ topic, partition }));
  }

  membership(): GroupMembership {
    return { groupId: this.#options.groupId, memberId: this.#options.memberId, generation: this.#generation };
  }

  async commitOffsets(offsets: readonly OffsetCommit[]): Promise<void> {
    this.#assertOpen();
    const membership = this.membership();
    const check = (): void => this.#checkCommit(membership, offsets);
    await this.#deps.storage.commitOffsets({ groupId: membership.groupId, offsets, check });
  }

  requestRebalance(): void {
    if (this.#deps.group.isMember(this.#handle)) this.#deps.group.rebalance();
  }

  /** Leaves the group at once. Partitions go to others without `onRevoked`: the caller has finished with them. */
  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    this.#cursors.clear();
    this.#deps.group.leave(this.#handle);
    this.#handle.wake();
    this.#deps.onClose(this);
    return Promise.resolve();
  }

  /** @throws {LOG_STALE_MEMBER} */
  #checkCommit(membership: GroupMembership, offsets: readonly OffsetCommit[]): void {
    if (!this.#deps.group.isMember(this.#handle)) throw staleMember(membership, 'it was replaced or evicted');
    const refusal = this.#deps.group.refusal(membership.memberId, membership.generation, offsets);
    if (refusal !== undefined) throw staleMember(membership, refusal);
  }

  #waitForNews(maxWaitMs: number): Promise<void> {
    const names = [...this.#cursors.values()].filter((cursor) => !cursor.isPaused).map((cursor) => cursor.key);
    return this.#deps.signals.wait([this.#wakeName, ...names], maxWaitMs);
  }

  #hasNews(): boolean {
    return !this.#deps.group.isMember(this.#handle) || this.#deps.group.hasNews(this.#handle);
  }

  /** Revoke → release → enter the generation → take → tell. Repeats while another member changes the group meanwhile. */
  async #rebalance(): Promise<void> {
    while (!this.#isClosed && this.#hasNews()) {
      if (!this.#deps.group.isMember(this.#handle)) {
        await this.#lose();
        continue;
      }
      const revoked = this.#deps.group.toRevoke(this.#handle);
      if (revoked.length > 0) {
        await this.#options.onRevoked(revoked);
        for (const at of revoked) this.#cursors.delete(partitionKey(at));
        this.#deps.group.release(this.#handle, revoked);
        continue;
      }
      await this.#take();
    }
  }

  async #take(): Promise<void> {
    const { added, userData } = this.#deps.group.take(this.#handle);
    this.#generation = this.#deps.group.generation;
    for (const at of added) this.#cursors.set(partitionKey(at), createCursor(at, this.#startOf(at)));
    await this.#options.onAssigned({ added, all: this.assignment(), generation: this.#generation, userData });
  }

  /** An evicted member drops what it had and joins anew; one whose id has another bearer is finished, or the two would oust each other. */
  async #lose(): Promise<void> {
    const lost = this.assignment();
    this.#cursors.clear();
    if (lost.length > 0) await this.#options.onLost?.(lost);
    if (this.#isClosed) return;
    if (!this.#deps.group.hasMember(this.#options.memberId)) return this.#deps.group.join(this.#handle);
    this.#isClosed = true;
    this.#deps.onClose(this);
    throw staleMember(this.membership(), 'another source has joined under the same member id');
  }

  #startOf(at: TopicPartition): bigint {
    const { nextOffset } = this.#deps.storage.committed(this.#options.groupId, at);
    if (nextOffset !== undefined) return nextOffset;
    const range = this.#deps.storage.range(at, this.#options.isolation ?? 'read_committed');
    return this.#options.offsetReset === 'earliest' ? range.startOffset : range.nextOffset;
  }

  #fetch(maxBytes: number): readonly RecordBatch[] {
    return this.#plan.fetch([...this.#cursors.values()], maxBytes);
  }

  /** @throws {LOG_STALE_MEMBER} */
  #cursor(at: TopicPartition): Cursor {
    const cursor = this.#cursors.get(partitionKey(at));
    if (cursor === undefined) throw staleMember(this.membership(), `it does not hold ${partitionKey(at)}`);
    return cursor;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw logClosed('this source');
  }
}
