import type { Serde } from '../../schemas/serde.ts';
import type { SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { RingLimits, TailRecord } from './partition-ring.ts';
import { PartitionRing } from './partition-ring.ts';
import { isNewer } from '../../schemas/revision.ts';
import type { OffsetStep, SessionDelta, Watcher } from './watcher.ts';
import { upsertsText } from './watcher.ts';

export interface LiveHubOptions {
  readonly stepSerde: Serde<StepUpsert>;
  readonly sessionSerde: Serde<SessionUpsert>;
  readonly ringLimits: RingLimits;
  readonly nowMs: () => number;
  /** A session was deleted, seen in the log: another process may have done it. */
  readonly onDeleted: (scope: string) => void;
  /** A record that is broken; it is skipped. */
  readonly onUnreadable: (error: unknown) => void;
}

/** How many sessions' latest upserts are kept beside the rings. */
const maxRecentSessions = 20_000;

/**
 * Fans the tail of `guide.steps` and `guide.sessions` out to the watchers of this process. Fed by one tail, in offset order a partition; knows nothing
 * of the log, of sockets or of views.
 *
 * - H1: a watcher that is registered is offered every record of its session that is fed from then on.
 * - H2: the ring of a partition has everything between its start and what was fed last, so a join can fill in what came before H1.
 */
export class LiveHub {
  readonly #options: LiveHubOptions;
  readonly #rings = new Map<number, PartitionRing>();
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #recentSessions = new Map<string, SessionUpsert>();

  constructor(options: LiveHubOptions) {
    this.#options = options;
  }

  /** Where the tail begins, for each partition of `guide.steps`; empties what was there. */
  reset(starts: ReadonlyMap<number, bigint>): void {
    this.#rings.clear();
    for (const [partition, offset] of starts) this.#rings.set(partition, new PartitionRing(offset, this.#options.ringLimits));
  }

  ring(partition: number): PartitionRing | undefined {
    return this.#rings.get(partition);
  }

  /** The newest upsert of a session that the tail brought, if it is still kept. */
  recentSession(scope: string): SessionUpsert | undefined {
    return this.#recentSessions.get(scope);
  }

  add(scope: string, watcher: Watcher): void {
    const watchers = this.#watchers.get(scope) ?? new Set<Watcher>();
    watchers.add(watcher);
    this.#watchers.set(scope, watchers);
  }

  remove(scope: string, watcher: Watcher): void {
    const watchers = this.#watchers.get(scope);
    watchers?.delete(watcher);
    if (watchers?.size === 0) this.#watchers.delete(scope);
  }

  watchersOf(scope: string): readonly Watcher[] {
    return [...(this.#watchers.get(scope) ?? [])];
  }

  /** Every watcher of the process. */
  *watchers(): Iterable<Watcher> {
    for (const watchers of this.#watchers.values()) yield* watchers;
  }

  /** Drops what is kept of a deleted session. */
  forget(scope: string): void {
    this.#recentSessions.delete(scope);
  }

  /** A batch of `guide.steps`. */
  feedSteps(partition: number, records: readonly TailRecord[], nextOffset: bigint): void {
    const ring = this.#rings.get(partition);
    ring?.push(records, nextOffset);
    for (const [scope, own] of byScope(records, this.#watchers)) {
      const { steps, firstOffset } = this.decode(own);
      // Up to the last record of this session, not of the batch: one offset a message is enough, and batches of others stay out of it.
      this.#offer(scope, { firstOffset, nextOffset, steps, session: undefined });
    }
  }

  /** A batch of `guide.sessions`. */
  feedSessions(partition: number, records: readonly TailRecord[]): void {
    const nextOffset = this.#rings.get(partition)?.nextOffset ?? 0n;
    for (const record of records) {
      const { scope } = record;
      const session = this.#read(this.#options.sessionSerde, record);
      if (session === undefined) continue;
      if (session === 'void' || session.status === 'deleted') this.#options.onDeleted(scope);
      else if (this.#remember(scope, session)) this.#offer(scope, { firstOffset: undefined, nextOffset, steps: new Map(), session });
    }
  }

  /** The latest of each step among records of one session, in offset order. */
  decode(records: readonly TailRecord[]): { readonly steps: ReadonlyMap<string, OffsetStep>; readonly firstOffset: bigint | undefined } {
    const steps = new Map<string, OffsetStep>();
    for (const record of records) {
      const step = this.#read(this.#options.stepSerde, record);
      if (step === undefined || step === 'void') continue;
      // Deleted first, so that the order of the map is the order of the latest upserts.
      steps.delete(step.stepId);
      steps.set(step.stepId, { step, offset: record.offset });
    }
    return { steps, firstOffset: records[0]?.offset };
  }

  /** `void`: of a deleted session. Neither that nor a broken record may end the tail, which carries all the others. */
  #read<T>(serde: Serde<T>, { scope, value }: TailRecord): T | 'void' | undefined {
    try {
      return serde.deserialize(value, Buffer.from(scope));
    } catch (error) {
      if (error instanceof StepwrightError && error.disposition === 'drop') return 'void';
      this.#options.onUnreadable(error);
      return undefined;
    }
  }

  #offer(scope: string, delta: Omit<SessionDelta, 'text'>): void {
    let text: string | undefined;
    const shared: SessionDelta = {
      ...delta,
      text: () =>
        (text ??= upsertsText(
          delta.nextOffset,
          [...delta.steps.values()].map(({ step }) => step),
          delta.session,
        )),
    };
    for (const watcher of this.#watchers.get(scope) ?? []) watcher.offer(shared, this.#options.nowMs());
  }

  #remember(scope: string, session: SessionUpsert): boolean {
    if (!isNewer(session.revision, this.#recentSessions.get(scope)?.revision)) return false;
    this.#recentSessions.delete(scope);
    this.#recentSessions.set(scope, session);
    const oldest = this.#recentSessions.keys().next();
    if (this.#recentSessions.size > maxRecentSessions && oldest.done !== true) this.#recentSessions.delete(oldest.value);
    return true;
  }
}

/** Records of sessions that somebody watches, by session. */
function byScope(records: readonly TailRecord[], watched: ReadonlyMap<string, unknown>): ReadonlyMap<string, readonly TailRecord[]> {
  const found = new Map<string, TailRecord[]>();
  for (const record of records) {
    if (!watched.has(record.scope)) continue;
    const own = found.get(record.scope);
    if (own === undefined) found.set(record.scope, [record]);
    else own.push(record);
  }
  return found;
}
