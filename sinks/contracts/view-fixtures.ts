import type { Guide, GuideStep, Revision, SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import type { ViewBatch } from '../ports/views.ts';

/** Rows for tests: small, whole, and different wherever a mix-up would show. */
export function revision(ordinal: number, final = true): Revision {
  return { ordinal, timer: 0, final };
}

export function sessionRow(change: Partial<SessionUpsert> = {}): SessionUpsert {
  return {
    tenantId: 'acme',
    sessionId: 's1',
    revision: revision(1),
    status: 'recording',
    title: 'A recording',
    openedAtMs: 1_700_000_000_000,
    lastEventAtMs: 0,
    eventCount: 1,
    missedEvents: 0,
    duplicateEvents: 0,
    warnings: [],
    ...change,
  };
}

export function stepRow(change: Partial<StepUpsert> = {}): StepUpsert {
  return {
    tenantId: 'acme',
    sessionId: 's1',
    stepId: 'step-1',
    revision: revision(1),
    state: 'final',
    order: 1,
    kind: 'click',
    title: 'Click Save',
    description: '',
    target: { name: 'Save', role: 'button' },
    atMs: 10,
    redactions: [],
    ...change,
  };
}

export function guideRow(change: Partial<Guide> = {}): Guide {
  const steps: readonly GuideStep[] = [
    { order: 1, stepId: 'step-1', kind: 'click', title: 'Click Save', description: '', target: { name: 'Save', role: 'button' }, atMs: 10 },
  ];
  return {
    schemaVersion: 1,
    guideId: 'guide-1',
    tenantId: 'acme',
    sessionId: 's1',
    revision: revision(9),
    title: 'How to save',
    summary: 'One step.',
    missedEvents: 0,
    durationMs: 1000,
    redactions: [],
    warnings: [],
    steps,
    ...change,
  };
}

export function batchOf(change: Partial<ViewBatch>): ViewBatch {
  return { steps: [], sessions: [], guides: [], positions: [], ...change };
}
