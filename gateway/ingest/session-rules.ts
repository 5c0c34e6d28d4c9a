import { refuse } from '../http/refusal.ts';
import type { Refusal } from '../http/refusal.ts';
import type { EventBatch } from './event-batch.ts';
import { statusAfter } from './event-batch.ts';
import type { IngestLimits } from './limits.ts';
import type { SessionState } from './session-state.ts';

/** What the rules need beside the session. */
export interface RuleMoment {
  readonly nowMs: number;
  readonly limits: Pick<IngestLimits, 'maxBatchEvents' | 'maxSilenceMs'>;
}

export interface Mark {
  readonly kind: 'session.paused' | 'session.resumed' | 'session.finished';
  /** Seq of the agent's last event. */
  readonly lastSeq: number;
  /** Events up to `lastSeq` that have not arrived never will. */
  readonly abandon: boolean;
}

/** Two agents on one session would join two clocks and two seqs into one order: a guess. */
export function checkDevice(state: SessionState, deviceId: string): Refusal | undefined {
  if (state.deviceId === deviceId) return undefined;
  return refuse('DEVICE_CONFLICT', 'another device records into this session', { field: 'stepwright-device' });
}

/** The answer when there is nothing to write: the mark stands already, or it may not be set. */
export function settleMark(state: SessionState, mark: Mark): SessionState | Refusal | undefined {
  const facts = { ackedSeq: state.ackedSeq };
  if (state.status === statusAfter([mark], state.status)) return state;
  if (state.status === 'finished') return refuse('SESSION_FINISHED', 'the session is finished', { facts });
  if (mark.lastSeq < state.ackedSeq) {
    return refuse('SESSION_INCOMPLETE', `lastSeq must be ${state.ackedSeq} or more: events up to there are stored`, {
      field: 'lastSeq',
      facts,
    });
  }
  if (mark.lastSeq > state.ackedSeq && !mark.abandon) {
    return refuse('SESSION_INCOMPLETE', `events ${state.ackedSeq + 1} to ${mark.lastSeq} have not arrived`, { field: 'lastSeq', facts });
  }
  return undefined;
}

/** Why a session takes no further events. */
export function refuseClosed(state: SessionState, batch: EventBatch, moment: RuleMoment): Refusal | undefined {
  const facts = { ackedSeq: state.ackedSeq };
  const lastSeq = batch.firstSeq + batch.events.length - 1;
  // A resent batch whose ack was lost is acked again, whatever happened to the session since.
  if (lastSeq <= state.ackedSeq) return undefined;
  if (state.status === 'finished') return refuse('SESSION_FINISHED', 'the session is finished', { facts });
  const tooOld = refuseOld(state, moment);
  if (tooOld !== undefined) return tooOld;
  // Sessionize must see one event too many to block the session and say so, so the bound here is a batch higher.
  const maxSeq = state.policy.maxEvents + moment.limits.maxBatchEvents;
  return lastSeq > maxSeq ? refuse('SESSION_FULL', `the policy allows ${state.policy.maxEvents} events a session`, { facts }) : undefined;
}

/** T5: the processors forget a session after a fixed span; an event that came later would begin it anew. */
export function refuseOld(state: SessionState, { nowMs, limits }: RuleMoment): Refusal | undefined {
  if (nowMs - state.lastAppendAtMs <= limits.maxSilenceMs) return undefined;
  const facts = { ackedSeq: state.ackedSeq };
  return refuse('SESSION_TOO_OLD', `the session was silent for longer than ${limits.maxSilenceMs} ms`, { facts });
}
