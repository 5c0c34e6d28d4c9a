import type { Revision, SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import { publicSession, publicStep } from '../read/session-routes.ts';
import type { LiveSocket } from './live-server.ts';
import type { LiveMessage } from './messages.ts';
import { liveCloseCodes } from './messages.ts';
import { isNewer } from '../../schemas/revision.ts';

export interface WatcherLimits {
  /** Above it nothing more is sent until the socket drained: what comes meanwhile is conflated. */
  readonly maxBufferedBytes: number;
  /** Steps that wait for a slow socket. */
  readonly maxPendingSteps: number;
  /** How long a socket may not drain. */
  readonly maxStallMs: number;
}

export interface OffsetStep {
  readonly step: StepUpsert;
  readonly offset: bigint;
}

/** What one turn of the tail brings for one session: the latest of each step, serialized once for all watchers that are up to date. */
export interface SessionDelta {
  /** Of the first record in it. */
  readonly firstOffset: bigint | undefined;
  readonly nextOffset: bigint;
  /** By step id. */
  readonly steps: ReadonlyMap<string, OffsetStep>;
  readonly session: SessionUpsert | undefined;
  readonly text: () => string;
}

/**
 * What one socket was sent and still must be.
 *
 * - W1: `#nextOffset` is the position behind everything that was sent or waits here; a record before it is never taken again (no double).
 * - W2: what waits is the latest of each step (a slow watcher skips revisions, never steps), and one message sends all of it, so the
 *   offset of any message is true for everything before it (no gap).
 * - W3: before `begin`, deltas are kept as they come; `begin` says from where on they count.
 */
export class Watcher {
  readonly #socket: LiveSocket;
  readonly #limits: WatcherLimits;
  #phase: 'joining' | 'live' | 'closed' = 'joining';
  #early: SessionDelta[] = [];
  #nextOffset = 0n;
  #sessionRevision: Revision | undefined;
  #pendingSteps = new Map<string, StepUpsert>();
  #pendingSession: SessionUpsert | undefined;
  #stalledSinceMs: number | undefined;

  constructor(socket: LiveSocket, limits: WatcherLimits) {
    this.#socket = socket;
    this.#limits = limits;
  }

  get isJoining(): boolean {
    return this.#phase === 'joining';
  }

  get isClosed(): boolean {
    return this.#phase === 'closed';
  }

  /** Steps that wait for the socket. */
  get pendingCount(): number {
    return this.#pendingSteps.size;
  }

  /** Sends the first message; from now on deltas count from `nextOffset` on. */
  begin(message: LiveMessage, nextOffset: bigint, session: SessionUpsert, nowMs: number): void {
    if (this.#phase !== 'joining') return;
    this.#phase = 'live';
    this.#nextOffset = nextOffset;
    this.#sessionRevision = session.revision;
    this.#socket.send(JSON.stringify(message));
    const early = this.#early;
    this.#early = [];
    for (const delta of early) this.offer(delta, nowMs);
  }

  /** A message outside the order of steps, such as `waiting`. */
  tell(message: LiveMessage): void {
    if (this.#phase !== 'closed') this.#socket.send(JSON.stringify(message));
  }

  offer(delta: SessionDelta, nowMs: number): void {
    if (this.#phase === 'closed') return;
    if (this.#phase === 'joining') return this.#keepEarly(delta);
    if (this.#isUpToDate(delta) && !this.#isStalled()) {
      this.#nextOffset = delta.nextOffset;
      if (delta.session !== undefined) this.#sessionRevision = delta.session.revision;
      this.#socket.send(delta.text());
      return;
    }
    this.#merge(delta);
    this.flush(nowMs);
  }

  /** Sends what waits when the socket takes it; closes a socket that was too slow for too long. */
  flush(nowMs: number): void {
    if (this.#phase !== 'live') return;
    if (this.#isStalled()) {
      this.#stalledSinceMs ??= nowMs;
      const tooLong = nowMs - this.#stalledSinceMs > this.#limits.maxStallMs;
      if (tooLong || this.#pendingSteps.size > this.#limits.maxPendingSteps) this.close(liveCloseCodes.reload, 'too slow');
      return;
    }
    this.#stalledSinceMs = undefined;
    if (this.#pendingSteps.size === 0 && this.#pendingSession === undefined) return;
    const steps = [...this.#pendingSteps.values()];
    const session = this.#pendingSession;
    this.#pendingSteps = new Map();
    this.#pendingSession = undefined;
    this.#socket.send(upsertsText(this.#nextOffset, steps, session));
  }

  close(code: number, reason: string, last?: LiveMessage): void {
    if (this.#phase === 'closed') return;
    if (last !== undefined) this.#socket.send(JSON.stringify(last));
    this.ended();
    this.#socket.close(code, reason);
  }

  /** The socket is gone. */
  ended(): void {
    this.#phase = 'closed';
    this.#early = [];
    this.#pendingSteps = new Map();
  }

  #keepEarly(delta: SessionDelta): void {
    this.#early.push(delta);
    if (this.#early.length > this.#limits.maxPendingSteps) this.close(liveCloseCodes.reload, 'the snapshot took too long');
  }

  #isStalled(): boolean {
    return this.#socket.bufferedBytes() > this.#limits.maxBufferedBytes;
  }

  /** Nothing waits, and all of the delta is new to this watcher: then it may have the text that others get. */
  #isUpToDate({ firstOffset, nextOffset, session }: SessionDelta): boolean {
    const nothingWaits = this.#pendingSteps.size === 0 && this.#pendingSession === undefined;
    const stepsAreNew = (firstOffset ?? nextOffset) >= this.#nextOffset;
    return nothingWaits && stepsAreNew && (session === undefined || isNewer(session.revision, this.#sessionRevision));
  }

  #merge({ steps, session, nextOffset }: SessionDelta): void {
    for (const [stepId, { step, offset }] of steps) if (offset >= this.#nextOffset) this.#pendingSteps.set(stepId, step);
    if (nextOffset > this.#nextOffset) this.#nextOffset = nextOffset;
    if (session !== undefined && isNewer(session.revision, this.#sessionRevision)) {
      this.#pendingSession = session;
      this.#sessionRevision = session.revision;
    }
  }
}

/** Text of an `upserts` message. */
export function upsertsText(nextOffset: bigint, steps: readonly StepUpsert[], session: SessionUpsert | undefined): string {
  const message: LiveMessage = {
    type: 'upserts',
    offset: String(nextOffset),
    steps: steps.map(publicStep),
    ...(session === undefined ? {} : { session: publicSession(session) }),
  };
  return JSON.stringify(message);
}
