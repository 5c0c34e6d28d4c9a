import type { SessionUpsert } from '../../schemas/types/guide.ts';
import type { SessionChanged } from '../model.ts';
import { isClosed, type SessionState } from './session-state.ts';

/** What the tenant sees of a session. Duplicates are counted but are no warning: they are how resending works. */
function upsertOf(state: SessionState): SessionUpsert {
  return {
    tenantId: state.info.tenantId,
    sessionId: state.info.sessionId,
    revision: { ordinal: state.ordinal, timer: 0, final: isClosed(state.status) },
    status: state.status,
    title: state.info.title ?? '',
    openedAtMs: state.info.openedAtMs,
    lastEventAtMs: state.lastAtMs,
    eventCount: state.eventCount,
    missedEvents: state.missedCount,
    duplicateEvents: state.duplicateCount,
    warnings: warningsOf(state),
  };
}

export function sessionChanged(state: SessionState): SessionChanged {
  return { type: 'session', session: state.info, upsert: upsertOf(state), closed: isClosed(state.status) };
}

function warningsOf(state: SessionState): string[] {
  const warnings: string[] = [];
  if (state.status === 'blocked') warnings.push(`Recording blocked: it passed the limit of ${state.info.policy.maxEvents} events.`);
  if (state.isOpenMissing) warnings.push('The start of the recording is missing: a default policy is in force.');
  if (state.missedCount > 0) warnings.push(`${counted(state.missedCount, 'event')} never arrived: steps may be missing.`);
  if (state.conflictCount > 0)
    warnings.push(`${counted(state.conflictCount, 'event')} of a second device were left out: record one session on one device.`);
  if (state.clampedCount > 0) warnings.push(`The device's clock was wrong: ${counted(state.clampedCount, 'time')} adjusted.`);
  if (state.unknownCount > 0) warnings.push(`Skipped ${counted(state.unknownCount, 'event')} of a newer recorder.`);
  if (state.missingImageCount > 0) warnings.push(`${counted(state.missingImageCount, 'screenshot')} could not be taken.`);
  return warnings;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
