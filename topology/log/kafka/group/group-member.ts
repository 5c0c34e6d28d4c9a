import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import type { TopicPartition } from '../../log.ts';
import { WakeSignals } from '../../local/wake-signals.ts';
import { withinMs } from '../client/retry.ts';
import { BrokerError, kafkaCode } from '../kafka-errors.ts';
import type { Share } from './group-metadata.ts';
import type { GroupSession } from './group-session.ts';

/** What the group has decided about this member and its source has not yet acted upon. */
export type GroupNews =
  | { readonly kind: 'share'; readonly share: Share; readonly generation: number }
  /** The membership ended: nothing is held any more. */
  | { readonly kind: 'lost' }
  /** Another bearer of the same member id has joined. */
  | { readonly kind: 'replaced' }
  /** Joining failed for a reason that does not pass. */
  | { readonly kind: 'failed'; readonly error: unknown };

export interface GroupMemberDeps {
  readonly session: GroupSession;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly heartbeatMs: number;
  readonly maxPollIntervalMs: number;
  /** Partitions that the source holds at this moment, and what a join says besides. */
  readonly describe: () => { readonly topics: readonly string[]; readonly userData: Buffer; readonly owned: readonly TopicPartition[] };
  readonly onNews: () => void;
}

const rejoinSignal = 'rejoin';
const firstWaitMs = 20;
const longestWaitMs = 1000;
const leaveWithinMs = 3000;

/**
 * Keeps a membership alive beside the source's polls: joins, sends heartbeats, joins again when the group asks. Owns the news; the source takes them in its
 * poll and calls back the application there.
 *
 * Invariants:
 * - what a join claims is what the source holds; news that were not taken before the next join are void, so nothing is taken that another may have got;
 * - after a loss nothing is claimed or joined until the source has taken the news of it;
 * - a share that was made for a former bearer of the name is taken and a rebalance asked for: a broker that knows the name from before a crash hands the old
 *   share out without telling the group what its bearer brings now (KIP-345), say a topic more;
 * - a source that is not polled any more gives its membership up after `maxPollIntervalMs`.
 */
export class GroupMember {
  readonly #deps: GroupMemberDeps;
  readonly #signals: WakeSignals;
  #news: GroupNews | undefined;
  #mustRejoin = true;
  #requestCount = 0;
  #isClosed = false;
  #lastPollAtMs: number;
  #running: Promise<void> = Promise.resolve();

  constructor(deps: GroupMemberDeps) {
    this.#deps = deps;
    this.#signals = new WakeSignals(deps.clock);
    this.#lastPollAtMs = deps.clock.monotonicMs();
  }

  start(): void {
    this.#running = this.#run();
  }

  hasNews(): boolean {
    return this.#news !== undefined;
  }

  /** Called at the beginning of each poll. */
  takeNews(): GroupNews | undefined {
    this.#lastPollAtMs = this.#deps.clock.monotonicMs();
    const news = this.#news;
    // A failure stays: there is no membership any more, and every poll says so.
    if (news?.kind !== 'failed') this.#news = undefined;
    if (news?.kind === 'lost') this.rejoin();
    // Joins in a later turn, when the source holds the share.
    if (news?.kind === 'share' && this.#isOfFormer(news.share)) this.requestRebalance();
    return news;
  }

  /** Joins again, with what is held then. */
  rejoin(): void {
    this.#mustRejoin = true;
    this.#signals.wake(rejoinSignal);
  }

  /** As `rejoin`, and the group rebalances even when nothing about this member has changed. */
  requestRebalance(): void {
    this.#requestCount += 1;
    this.rejoin();
  }

  /** Leaves the group. Does not wait long for a broker that does not answer. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#signals.wakeAll();
    // Who cannot be told finds out when the session times out.
    const left = this.#deps.session.leave().catch(() => {});
    await withinMs(this.#deps.clock, leaveWithinMs, Promise.all([left, this.#running]));
  }

  async #run(): Promise<void> {
    let failureCount = 0;
    while (!this.#isClosed) {
      try {
        if (this.#mustRejoin) await this.#join();
        else await this.#beat();
        failureCount = 0;
      } catch (error) {
        if (this.#isClosed) return;
        const waitMs = this.#judge(error, Math.min(longestWaitMs, firstWaitMs * 2 ** failureCount++));
        if (waitMs === undefined) return;
        await this.#signals.wait([rejoinSignal], waitMs);
      }
    }
  }

  async #join(): Promise<void> {
    const { session, describe } = this.#deps;
    this.#mustRejoin = false;
    this.#news = undefined;
    try {
      const share = await session.join({ ...describe(), generation: session.generation, requestCount: this.#requestCount });
      if (!this.#isClosed) this.#tell({ kind: 'share', share, generation: session.generation });
    } catch (error) {
      this.#mustRejoin = true;
      throw error;
    }
  }

  async #beat(): Promise<void> {
    const { session, heartbeatMs, maxPollIntervalMs, clock, logger } = this.#deps;
    await this.#signals.wait([rejoinSignal], heartbeatMs);
    if (this.#mustRejoin || this.#isClosed) return;
    if (clock.monotonicMs() - this.#lastPollAtMs > maxPollIntervalMs) {
      logger.warn({ maxPollIntervalMs }, 'a source was not polled for so long that its membership is given up');
      await session.leave();
      this.#lose();
      await this.#signals.wait([rejoinSignal], 2 ** 30);
      return;
    }
    await session.heartbeat();
  }

  #isOfFormer({ bearer }: Share): boolean {
    return bearer !== '' && bearer !== this.#deps.session.memberId;
  }

  /** How long to wait before the next step, or `undefined` when there is none. */
  #judge(error: unknown, backOffMs: number): number | undefined {
    const { session } = this.#deps;
    if (!(error instanceof BrokerError)) return this.#end({ kind: 'failed', error });
    if (error.kind === 'replaced') return this.#end({ kind: 'replaced' });
    if (error.kafkaCode === kafkaCode.rebalanceInProgress) {
      this.#mustRejoin = true;
      return 0;
    }
    if (error.kind === 'stale') {
      this.#lose();
      return 2 ** 30;
    }
    if (error.kind === 'busy' || error.kind === 'loading') return backOffMs;
    if (error.kind !== 'moved' && error.kind !== 'network') return this.#end({ kind: 'failed', error });
    session.forgetCoordinator();
    return backOffMs;
  }

  /** The source learns of it at its next poll; `takeNews` makes it join again. */
  #lose(): void {
    this.#deps.session.reset();
    this.#mustRejoin = false;
    this.#tell({ kind: 'lost' });
  }

  #end(news: GroupNews): undefined {
    this.#tell(news);
    return undefined;
  }

  #tell(news: GroupNews): void {
    this.#news = news;
    this.#deps.onNews();
  }
}
