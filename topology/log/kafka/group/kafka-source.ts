import type {
  GroupedSource,
  GroupMembership,
  OffsetCommit,
  RecordBatch,
  SourceOptions,
  TopicPartition,
  TopicPartitionOffset,
} from '../../log.ts';
import { createCursor } from '../../local/cursor.ts';
import { logClosed, staleMember } from '../../local/log-errors.ts';
import { partitionKey } from '../../local/partition-key.ts';
import type { KafkaClient } from '../client/kafka-client.ts';
import { KafkaConnection } from '../client/kafka-connection.ts';
import { BrokerError, kafkaCode, toLogError } from '../kafka-errors.ts';
import type { FetchCursor } from '../read/fetch-buffer.ts';
import type { PollOptions } from '../read/fetcher.ts';
import { Fetcher } from '../read/fetcher.ts';
import { offsetCommitRequest } from '../requests/offset-requests.ts';
import type { CommittingMember } from '../requests/transaction-requests.ts';
import { GroupMember } from './group-member.ts';
import type { Share } from './group-metadata.ts';
import { GroupSession } from './group-session.ts';
import { resolvePositions } from './start-positions.ts';

/** A group that has moved on tells all its members at once: longer than this takes only an answer that is lost. */
const movesOnWithinMs = 2_000;
/** A group whose leader has not yet shared out refuses commits without transactions for this moment. */
const askAgainMs = 10;

/**
 * One member of a group. Owns what is held and its positions, and calls the rebalance callbacks from inside `poll`; the membership itself lives beside it in
 * GroupMember. A partition is given up only after `onRevoked` has resolved, by joining again without it. Until then it is held and not read, and polls go on for
 * the partitions that stay: their tasks must not wait for a commit and flush of those that go (KIP-429).
 */
export class KafkaSource implements GroupedSource {
  readonly #client: KafkaClient;
  readonly #options: SourceOptions;
  readonly #connection: KafkaConnection;
  readonly #session: GroupSession;
  readonly #member: GroupMember;
  readonly #fetcher: Fetcher;
  readonly #cursors = new Map<string, FetchCursor>();
  readonly #onClose: (source: KafkaSource) => void;
  /** On their way out: `onRevoked` is pending. */
  readonly #leaving = new Set<FetchCursor>();
  #handOverFailure: { readonly error: unknown } | undefined;
  #hasLost = false;
  #isClosed = false;

  constructor(client: KafkaClient, options: SourceOptions, onClose: (source: KafkaSource) => void) {
    const { settings } = client;
    this.#client = client;
    this.#options = options;
    this.#onClose = onClose;
    this.#connection = new KafkaConnection(settings);
    this.#fetcher = new Fetcher(client, this.#connection, options.isolation ?? 'read_committed');
    const { groupId, memberId: instanceId, assignor } = options;
    this.#session = new GroupSession(client, this.#connection, { groupId, instanceId, assignor });
    this.#member = new GroupMember({
      session: this.#session,
      clock: settings.clock,
      logger: settings.logger,
      heartbeatMs: settings.heartbeatMs,
      maxPollIntervalMs: settings.maxPollIntervalMs,
      describe: () => ({ topics: options.topics, userData: options.userData?.() ?? Buffer.alloc(0), owned: this.assignment() }),
      onNews: () => this.#fetcher.wake(),
    });
    this.#member.start();
  }

  async poll(options: PollOptions): Promise<readonly RecordBatch[]> {
    this.#assertOpen();
    const { clock } = this.#client.settings;
    const endsAtMs = clock.monotonicMs() + options.maxWaitMs;
    for (;;) {
      const hasRebalanced = await this.#rebalance();
      if (this.#isClosed) return [];
      if (this.#handOverFailure !== undefined) throw this.#handOverFailure.error;
      const leftMs = hasRebalanced ? 0 : Math.max(0, endsAtMs - clock.monotonicMs());
      const batches = await this.#fetch({ ...options, maxWaitMs: leftMs });
      if (this.#isClosed) return [];
      if (batches.length > 0 || hasRebalanced || (clock.monotonicMs() >= endsAtMs && !this.#member.hasNews())) return batches;
    }
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) this.#cursor(at).isPaused = true;
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) this.#cursor(at).isPaused = false;
    this.#fetcher.wake();
  }

  seek(position: TopicPartitionOffset): void {
    this.#cursor(position).nextOffset = position.nextOffset;
  }

  assignment(): readonly TopicPartition[] {
    return [...this.#cursors.values()].map(({ topic, partition }) => ({ topic, partition }));
  }

  membership(): GroupMembership {
    const { groupId, memberId } = this.#options;
    return { groupId, memberId, generation: this.#session.generation };
  }

  async commitOffsets(offsets: readonly OffsetCommit[]): Promise<void> {
    this.#assertOpen();
    if (offsets.length === 0) return;
    const membership = this.membership();
    const resolved = this.committingMember(membership, offsets);
    try {
      await this.commitAs(resolved, offsets, (member) =>
        this.#client.coordinated('group', offsetCommitRequest(member, offsets), { id: member.groupId, codeOf: (code) => code }),
      );
    } catch (error) {
      if (error instanceof BrokerError && (error.kind === 'stale' || error.kind === 'replaced'))
        throw staleMember(membership, error.message);
      throw toLogError(error);
    }
  }

  /**
   * The broker's names for this member, for commits of these positions.
   * @throws {LOG_STALE_MEMBER} The broker checks the generation; that the partitions are held, only this side knows.
   */
  committingMember(membership: GroupMembership, offsets: readonly TopicPartition[]): CommittingMember {
    if (this.#hasLost || this.#session.memberId === '') throw staleMember(membership, 'it is not in the group any more');
    if (membership.generation !== this.#session.generation) {
      throw staleMember(membership, `its generation is ${membership.generation}, the group is in ${this.#session.generation}`);
    }
    const foreign = offsets.find((at) => !this.#cursors.has(partitionKey(at)));
    if (foreign !== undefined) throw staleMember(membership, `it does not own ${partitionKey(foreign)}`);
    const { groupId, memberId: instanceId } = this.#options;
    return { groupId, generation: membership.generation, memberId: this.#session.memberId, instanceId };
  }

  /**
   * Commits under the generation that this member is in. When the group has moved on beside the commit it is made again under the next one: what is held through a rebalance is
   * in nobody else's hands meanwhile (KIP-429), so a task that stays loses no work.
   * @throws {LOG_STALE_MEMBER} the membership is over, or the partitions have gone. @throws {BrokerError} what else `commit` throws.
   */
  async commitAs(
    resolved: CommittingMember,
    offsets: readonly TopicPartition[],
    commit: (member: CommittingMember) => Promise<unknown>,
  ): Promise<void> {
    const { clock } = this.#client.settings;
    const endsAtMs = clock.monotonicMs() + movesOnWithinMs;
    for (;;) {
      const member = this.#present(resolved, offsets);
      try {
        await commit(member);
        return;
      } catch (error) {
        const leftMs = endsAtMs - clock.monotonicMs();
        if (!(error instanceof BrokerError) || leftMs <= 0) throw error;
        // A new generation is told to this member too; the end of a sharing out within one is not.
        if (error.kafkaCode === kafkaCode.illegalGeneration) await this.#session.movedOn(member.generation, leftMs);
        else if (error.kafkaCode === kafkaCode.rebalanceInProgress) await this.#session.movedOn(member.generation, askAgainMs);
        else throw error;
      }
    }
  }

  /** Another broker's name means that the membership ended in between: others may have held the partitions. */
  #present(resolved: CommittingMember, offsets: readonly TopicPartition[]): CommittingMember {
    const membership = this.membership();
    if (resolved.memberId !== this.#session.memberId) throw staleMember(membership, 'it was not in the group for a while');
    return this.committingMember(membership, offsets);
  }

  requestRebalance(): void {
    if (!this.#isClosed) this.#member.requestRebalance();
  }

  /** Leaves the group at once. Partitions go to others without `onRevoked`: the caller has finished with them. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cursors.clear();
    this.#fetcher.wake();
    this.#onClose(this);
    await this.#member.close();
    await this.#connection.close();
  }

  /** Acts upon the group's news, one after the other. True when there were any. */
  async #rebalance(): Promise<boolean> {
    let hasRebalanced = false;
    for (let news = this.#member.takeNews(); news !== undefined && !this.#isClosed; news = this.#member.takeNews()) {
      hasRebalanced = true;
      switch (news.kind) {
        case 'share':
          await this.#takeShare(news.share, news.generation);
          break;
        case 'lost':
          await this.#lose();
          break;
        case 'replaced':
          await this.#lose();
          await this.close();
          throw staleMember(this.membership(), 'another source has joined under the same member id');
        case 'failed':
          throw toLogError(news.error);
      }
    }
    return hasRebalanced;
  }

  /** Takes what is new at once, so that the next join claims it; gives up what is to go, then joins again without it. */
  async #takeShare({ partitions, userData }: Share, generation: number): Promise<void> {
    this.#hasLost = false;
    const wanted = new Set(partitions.map(partitionKey));
    const revoked = this.#staying().filter(({ key }) => !wanted.has(key));
    const added = partitions.filter((at) => !this.#cursors.has(partitionKey(at)));
    for (const at of added) this.#cursors.set(partitionKey(at), createCursor(at, undefined));
    if (revoked.length > 0) void this.#handOver(revoked);
    const all = this.#staying().map(({ topic, partition }) => ({ topic, partition }));
    await this.#options.onAssigned({ added, all, generation, userData });
  }

  /** Never rejects: what `onRevoked` throws is thrown by the next poll. */
  async #handOver(revoked: readonly FetchCursor[]): Promise<void> {
    for (const cursor of revoked) this.#leaving.add(cursor);
    try {
      await this.#options.onRevoked(revoked.map(({ topic, partition }) => ({ topic, partition })));
      for (const cursor of revoked) {
        // A membership that was lost meanwhile may have brought the partition back.
        if (this.#cursors.get(cursor.key) === cursor) this.#cursors.delete(cursor.key);
      }
    } catch (error) {
      this.#handOverFailure = { error };
      this.#fetcher.wake();
    }
    for (const cursor of revoked) this.#leaving.delete(cursor);
    if (!this.#isClosed) this.#member.rejoin();
  }

  async #lose(): Promise<void> {
    const lost = this.assignment();
    this.#cursors.clear();
    this.#hasLost = true;
    if (lost.length > 0) await this.#options.onLost?.(lost);
  }

  #staying(): readonly FetchCursor[] {
    return [...this.#cursors.values()].filter((cursor) => !this.#leaving.has(cursor));
  }

  async #fetch(options: PollOptions): Promise<readonly RecordBatch[]> {
    const cursors = this.#staying();
    try {
      await resolvePositions(this.#client, cursors, this.#options);
      // What came meanwhile has woken nobody.
      if (this.#isClosed || this.#member.hasNews()) return [];
      return await this.#fetcher.poll(cursors, options);
    } catch (error) {
      if (this.#isClosed) return [];
      throw toLogError(error);
    }
  }

  /** @throws {LOG_STALE_MEMBER} */
  #cursor(at: TopicPartition): FetchCursor {
    const cursor = this.#cursors.get(partitionKey(at));
    if (cursor === undefined) throw staleMember(this.membership(), `it does not hold ${partitionKey(at)}`);
    return cursor;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw logClosed('this source');
  }
}
