import type { CaptureChunk, CaptureEvent } from '../../schemas/types/capture-event.ts';
import type { SessionStatus } from '../../schemas/types/guide.ts';
import type { SessionMessage } from '../model.ts';
import { createSession, openWith, openWithout } from './open-session.ts';
import { isClosed, type SessionizeOptions, type SessionState } from './session-state.ts';
import { sessionChanged } from './session-upsert.ts';

/** What one chunk did. `drops` are counted reasons, for metrics. */
export interface SessionizeResult {
  readonly state: SessionState;
  readonly out: readonly TimedMessage[];
  readonly drops: readonly DropReason[];
}

export interface TimedMessage {
  readonly atMs: number;
  readonly message: SessionMessage;
}

export type DropReason = 'duplicate' | 'conflict' | 'late' | 'blocked' | 'expired' | 'stale-idle' | 'unknown-session' | 'unknown-kind';

/**
 * Takes a chunk apart: every event once, in order, with its corrected time. Pure; called by the task that owns the session. Invariants:
 * - S1 an event is passed on when all before it were, or were given up: more than `reorderWindowCount` wait behind the hole, or a fact closes;
 * - S2 `session.opened` is seq 0 and part of that order, so nothing depends on when it came;
 * - S3 time never goes back inside a session, and the skew is fixed at open (T4);
 * - S4 the result of a chunk does not depend on how events were cut into chunks (T1), except how often an open session is reported;
 * - S5 every record of a closed session is followed by a session message, so that its guide is written once for each ordinal.
 */
export function sessionize(before: SessionState | undefined, chunk: CaptureChunk, options: SessionizeOptions): SessionizeResult {
  const run = new Run(before ?? createSession(chunk), options);
  for (const event of chunk.events) run.take(event, chunk);
  return run.finish(before);
}

const factKinds: ReadonlySet<string> = new Set(['title.answer', 'edit']);

class Run {
  #state: SessionState;
  readonly #options: SessionizeOptions;
  readonly #out: TimedMessage[] = [];
  readonly #drops: DropReason[] = [];

  constructor(state: SessionState, options: SessionizeOptions) {
    this.#state = state;
    this.#options = options;
  }

  take(event: CaptureEvent, chunk: CaptureChunk): void {
    const { receivedAtMs } = chunk;
    if (receivedAtMs > this.#state.firstSeenAtMs + this.#options.sessionLifeMs) return void this.#drops.push('expired');
    if (receivedAtMs > this.#state.lastSeenAtMs) this.#state = { ...this.#state, lastSeenAtMs: receivedAtMs };
    if (event.kind === 'session.idle') this.#idle(event);
    else if (factKinds.has(event.kind)) this.#fact(event);
    else this.#captured(event, chunk.deviceId);
  }

  finish(before: SessionState | undefined): SessionizeResult {
    const state = this.#state;
    const last = this.#out.at(-1)?.message;
    const isReported = last === undefined ? before !== undefined || !state.isOpened : last.type === 'session';
    if (!isReported) this.#report();
    return { state, out: this.#out, drops: this.#drops };
  }

  /** A model's answer or a human edit: applied where it stands in the log. */
  #fact(event: CaptureEvent): void {
    if (!this.#state.isOpened) return void this.#drops.push('unknown-session');
    if (this.#state.status === 'blocked') return void this.#drops.push('blocked');
    this.#advance({});
    this.#pass(event);
    this.#reportClosed();
  }

  /** T3: silence, or a finish that waits for events that do not come, written as a fact by the owner of the session. */
  #idle(event: CaptureEvent): void {
    const isStale = event.idle === undefined || event.idle.afterSeq < this.#state.highestSeq || isClosed(this.#state.status);
    if (isStale) return void this.#drops.push('stale-idle');
    while (this.#state.buffer.length > 0) this.#giveUpHole();
    if (!this.#state.isOpened || isClosed(this.#state.status)) return;
    this.#advance({});
    this.#setStatus('idle');
  }

  #captured(event: CaptureEvent, deviceId: string): void {
    const state = this.#state;
    if (event.seq < state.nextSeq || state.buffer.some((waiting) => waiting.seq === event.seq)) return this.#again(event, deviceId);
    this.#state = { ...state, highestSeq: Math.max(state.highestSeq, event.seq) };
    if (event.seq > state.nextSeq) return this.#wait(event);
    this.#apply(event);
    this.#applyWaiting();
  }

  #again(event: CaptureEvent, deviceId: string): void {
    const state = this.#state;
    const isLate = state.gaps.some(([from, to]) => event.seq >= from && event.seq <= to);
    if (isLate) return void this.#drops.push('late');
    const isConflict = deviceId !== state.deviceId;
    this.#drops.push(isConflict ? 'conflict' : 'duplicate');
    this.#state = isConflict
      ? { ...state, conflictCount: state.conflictCount + 1 }
      : { ...state, duplicateCount: state.duplicateCount + 1 };
  }

  #wait(event: CaptureEvent): void {
    const buffer = [...this.#state.buffer, event].sort((a, b) => a.seq - b.seq);
    this.#state = { ...this.#state, buffer };
    if (buffer.length > this.#options.reorderWindowCount) this.#giveUpHole();
  }

  /** What is missing before the first waiting event is counted, and what follows goes on. */
  #giveUpHole(): void {
    const state = this.#state;
    const first = state.buffer[0];
    if (first === undefined) return;
    const isOpening = !state.isOpened;
    const fromSeq = isOpening ? Math.max(1, state.nextSeq) : state.nextSeq;
    const missed = Math.max(0, first.seq - fromSeq);
    const gaps = [...state.gaps, [state.nextSeq, first.seq - 1] as const].slice(-maxGapCount);
    this.#state = { ...state, nextSeq: first.seq, missedCount: state.missedCount + missed, gaps };
    if (isOpening) this.#opened(openWithout(this.#state, first));
    this.#applyWaiting();
  }

  #applyWaiting(): void {
    for (;;) {
      const [first, ...rest] = this.#state.buffer;
      if (first === undefined || first.seq !== this.#state.nextSeq) return;
      this.#state = { ...this.#state, buffer: rest };
      this.#apply(first);
    }
  }

  #apply(event: CaptureEvent): void {
    this.#state = { ...this.#state, nextSeq: event.seq + 1 };
    if (event.seq === 0) return this.#opened(openWith(this.#state, event, this.#options));
    const { status } = this.#state;
    if (status === 'blocked') return void this.#drops.push('blocked');
    // Nothing can come of it any more: not worth writing the guide again.
    if (isClosed(status) && event.kind === 'unknown') return void this.#drops.push('unknown-kind');
    this.#advance(this.#countsOf(event));
    this.#clock(event);
    if (this.#state.eventCount > this.#state.info.policy.maxEvents) return this.#setStatus('blocked');
    this.#lifecycle(event);
  }

  #opened(state: SessionState): void {
    this.#state = state;
    this.#report();
  }

  #lifecycle(event: CaptureEvent): void {
    if (event.kind === 'session.finished') return this.#setStatus('finished');
    if (event.kind === 'session.paused') return this.#setStatus('paused');
    const isBack = event.kind === 'session.resumed' || isClosed(this.#state.status);
    if (isBack && !isTrailing(event)) this.#setStatus('recording');
    this.#pass(event);
    this.#reportClosed();
  }

  /** S5. */
  #reportClosed(): void {
    if (isClosed(this.#state.status)) this.#report();
  }

  #setStatus(status: SessionStatus): void {
    if (this.#state.status === status && status === 'recording') return;
    this.#state = { ...this.#state, status };
    this.#report();
  }

  #countsOf(event: CaptureEvent): Partial<SessionState> {
    const { eventCount, unknownCount, missingImageCount } = this.#state;
    return {
      eventCount: eventCount + 1,
      // Ingest leaves an empty event where it dropped a key of a protected field: nothing to warn of.
      ...(event.kind === 'unknown' && event.reason !== 'protected' ? { unknownCount: unknownCount + 1 } : {}),
      ...(event.kind === 'screenshot.missing' ? { missingImageCount: missingImageCount + 1 } : {}),
    };
  }

  #advance(change: Partial<SessionState>): void {
    this.#state = { ...this.#state, ...change, ordinal: this.#state.ordinal + 1 };
  }

  /** S3. A time far outside the recording is a clock that jumped: the event keeps its place, the guide says so. */
  #clock(event: CaptureEvent): void {
    const state = this.#state;
    const atMs = Math.round(event.atMs) + state.clockSkewMs;
    const span = Math.abs(atMs - state.info.openedAtMs);
    const isWrong = span > this.#options.sessionLifeMs;
    this.#state = {
      ...state,
      lastAtMs: isWrong ? state.lastAtMs : Math.max(state.lastAtMs, atMs),
      clampedCount: state.clampedCount + (isWrong ? 1 : 0),
    };
  }

  #pass(event: CaptureEvent): void {
    const { info, ordinal, lastAtMs } = this.#state;
    this.#out.push({ atMs: lastAtMs, message: { type: 'event', session: info, ordinal, atMs: lastAtMs, event } });
  }

  #report(): void {
    this.#out.push({ atMs: this.#state.lastAtMs, message: sessionChanged(this.#state) });
  }
}

const maxGapCount = 8;

/** Pictures of what was done before the end do not reopen a recording. */
function isTrailing(event: CaptureEvent): boolean {
  return event.kind === 'screenshot' || event.kind === 'screenshot.missing';
}
