import type { CaptureChunk } from '../../schemas/types/capture-event.ts';
import { isClosed, isFinishPending, type SessionState } from './session-state.ts';

/** How long a session may be silent by the wall clock before a fact says so. */
function patienceMs(state: SessionState, finishGraceMs: number): number {
  return isFinishPending(state) ? finishGraceMs : state.info.policy.idleAfterMs;
}

interface Silence {
  /** Wall clock of the first look after the last record; undefined: a record came since the last look. */
  readonly sinceMs: number | undefined;
  readonly notBeforeMs: number;
}

const rewriteAfterMs = 30_000;

/**
 * Which sessions of a task are open, and since when nothing came (T3). Memory of this process only: after a restart every open session
 * starts its wait anew. It decides when a fact is *written*; what the fact does is decided by its place in the log.
 */
export class IdleWatch {
  readonly #finishGraceMs: number;
  readonly #silences = new Map<string, Silence>();

  constructor(finishGraceMs: number) {
    this.#finishGraceMs = finishGraceMs;
  }

  /** A record of the session was applied. */
  saw(key: string, isOpen: boolean): void {
    if (isOpen) this.#silences.set(key, { sinceMs: undefined, notBeforeMs: 0 });
    else this.#silences.delete(key);
  }

  /** Keys whose silence is long enough to look at their state. A silence begins with the first look after a record. */
  *due(wallClockMs: number): Generator<readonly [key: string, silentMs: number]> {
    for (const [key, { sinceMs, notBeforeMs }] of this.#silences) {
      if (sinceMs === undefined) this.#silences.set(key, { sinceMs: wallClockMs, notBeforeMs });
      else if (wallClockMs >= notBeforeMs && wallClockMs - sinceMs >= this.#finishGraceMs) yield [key, wallClockMs - sinceMs];
    }
  }

  /** The fact for a session that was silent for `silentMs`, when that is too long. Written again only when the first was lost with its transaction. */
  factFor(key: string, state: SessionState | undefined, silentMs: number): CaptureChunk | undefined {
    if (state === undefined || isClosed(state.status) || state.highestSeq < 0) {
      this.#silences.delete(key);
      return undefined;
    }
    if (silentMs < patienceMs(state, this.#finishGraceMs)) return undefined;
    const sinceMs = this.#silences.get(key)?.sinceMs ?? 0;
    this.#silences.set(key, { sinceMs, notBeforeMs: sinceMs + silentMs + rewriteAfterMs });
    return idleFact(state);
  }
}

/** Times are of the session's records, so the fact is the same whenever it is written. */
function idleFact(state: SessionState): CaptureChunk {
  const { tenantId, sessionId } = state.info;
  const seq = state.highestSeq;
  const atMs = Math.max(0, state.lastAtMs - state.clockSkewMs);
  return {
    tenantId,
    sessionId,
    deviceId: 'platform',
    receivedAtMs: state.lastSeenAtMs,
    events: [{ seq, atMs, kind: 'session.idle', idle: { afterSeq: seq } }],
  };
}
