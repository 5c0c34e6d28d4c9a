import type { CaptureChunk, CaptureEvent } from '../../schemas/types/capture-event.ts';
import { fallbackPolicy, type SessionizeOptions, type SessionState } from './session-state.ts';

/** State at the first record of a session, before its opening was applied. */
export function createSession(chunk: CaptureChunk): SessionState {
  return {
    info: { tenantId: chunk.tenantId, sessionId: chunk.sessionId, openedAtMs: chunk.receivedAtMs, policy: fallbackPolicy },
    isOpened: false,
    status: 'recording',
    clockSkewMs: 0,
    deviceId: chunk.deviceId,
    ordinal: 0,
    nextSeq: 0,
    highestSeq: -1,
    lastAtMs: chunk.receivedAtMs,
    eventCount: 0,
    missedCount: 0,
    duplicateCount: 0,
    conflictCount: 0,
    clampedCount: 0,
    unknownCount: 0,
    missingImageCount: 0,
    isOpenMissing: false,
    buffer: [],
    gaps: [],
    firstSeenAtMs: chunk.receivedAtMs,
    lastSeenAtMs: chunk.receivedAtMs,
  };
}

const dayMs = 86_400_000;

/** Applies seq 0. The clock skew is fixed here, once (T4), so that an event that is sent again gets the same time. */
export function openWith(state: SessionState, event: CaptureEvent, options: SessionizeOptions): SessionState {
  const opening = event.opened;
  if (opening === undefined) return openWithout(state, event);
  const skewMs = Math.round(opening.clockSkewMs);
  const openedAtMs = Math.round(event.atMs) + skewMs;
  const isPlausible = openedAtMs <= state.firstSeenAtMs + dayMs && openedAtMs >= state.firstSeenAtMs - options.maxClockSpanMs;
  const clockSkewMs = isPlausible ? skewMs : state.firstSeenAtMs - Math.round(event.atMs);
  const opened = openedAt(state, event, clockSkewMs);
  const title = opening.title === undefined ? {} : { title: opening.title };
  return {
    ...opened,
    info: { ...opened.info, ...title, policy: opening.policy },
    clampedCount: state.clampedCount + (isPlausible ? 0 : 1),
  };
}

/** The opening never came: defaults hold and the guide says so; `first` is the first event that did. */
export function openWithout(state: SessionState, first: CaptureEvent): SessionState {
  return { ...openedAt(state, first, state.firstSeenAtMs - Math.round(first.atMs)), isOpenMissing: true };
}

function openedAt(state: SessionState, event: CaptureEvent, clockSkewMs: number): SessionState {
  const openedAtMs = Math.round(event.atMs) + clockSkewMs;
  return { ...state, isOpened: true, clockSkewMs, lastAtMs: openedAtMs, info: { ...state.info, openedAtMs } };
}
