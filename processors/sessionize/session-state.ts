import type { CaptureEvent, Policy } from '../../schemas/types/capture-event.ts';
import type { SessionStatus } from '../../schemas/types/guide.ts';
import type { SessionInfo } from '../model.ts';

/**
 * Everything sessionize keeps of a session, under one key. Flat: counters, the opening, and a buffer that is empty unless events are out of
 * order. It does not grow with the session. Version 1.
 */
export interface SessionState {
  readonly info: SessionInfo;
  /** False until seq 0 was applied or given up: nothing is passed on before. */
  readonly isOpened: boolean;
  readonly status: SessionStatus;
  /** Added to every agent time (T4). */
  readonly clockSkewMs: number;
  readonly deviceId: string;
  /** Applied records, facts included: the ordinal of the last one. */
  readonly ordinal: number;
  readonly nextSeq: number;
  /** Highest seq that ever arrived, buffered ones included; what an idle fact must name. */
  readonly highestSeq: number;
  /** Corrected time of the last applied event; never goes back. */
  readonly lastAtMs: number;
  readonly eventCount: number;
  readonly missedCount: number;
  readonly duplicateCount: number;
  readonly conflictCount: number;
  readonly clampedCount: number;
  readonly unknownCount: number;
  readonly missingImageCount: number;
  readonly isOpenMissing: boolean;
  /** Events that came before an earlier one, by seq. */
  readonly buffer: readonly CaptureEvent[];
  /** Newest given-up holes, inclusive: an event that comes for one is late, not a duplicate. */
  readonly gaps: readonly (readonly [fromSeq: number, toSeq: number])[];
  /** Ingest's clock at the first record (T5). */
  readonly firstSeenAtMs: number;
  /** The same at the latest one: the time of a fact, for no device's clock may move the partition's (T5). */
  readonly lastSeenAtMs: number;
}

/** Of a session whose `session.opened` never came: every kind is redacted, nothing leaves to a model. */
export const fallbackPolicy: Policy = {
  policyId: 'missing',
  version: 0,
  redact: ['all'],
  mode: 'mask',
  idleAfterMs: 30 * 60_000,
  maxEvents: 50_000,
  modelTitles: false,
};

export interface SessionizeOptions {
  /** Events that may wait for an earlier one; one more gives the hole up. */
  readonly reorderWindowCount: number;
  /** An opening further than this before ingest's clock, or an event further than this after the opening, is a wrong clock. */
  readonly maxClockSpanMs: number;
  /** Records that reach ingest later than this after the session's first one are refused (T5). */
  readonly sessionLifeMs: number;
  /** Partition time after a session's last record when its state is deleted (T5); longer than `sessionLifeMs`, so no result depends on it. */
  readonly stateTtlMs: number;
  /** Wall clock: how long a finished recording waits for events that are missing before it is closed by a fact. */
  readonly finishGraceMs: number;
}

const dayMs = 86_400_000;

export const defaultSessionizeOptions: SessionizeOptions = {
  reorderWindowCount: 32,
  maxClockSpanMs: 366 * dayMs,
  sessionLifeMs: 30 * dayMs,
  stateTtlMs: 31 * dayMs,
  finishGraceMs: 2000,
};

/** Closed: nothing but facts and edits follows, until an event reopens it. */
export function isClosed(status: SessionStatus): boolean {
  return status === 'finished' || status === 'idle' || status === 'blocked';
}

/** The agent said it is finished, but earlier events are still missing. */
export function isFinishPending(state: SessionState): boolean {
  return state.buffer.some((event) => event.kind === 'session.finished');
}
