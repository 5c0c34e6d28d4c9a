import type { CaptureChunk, CaptureEvent, Policy } from '../../schemas/types/capture-event.ts';

export const samplePolicy: Policy = {
  policyId: 'p',
  version: 1,
  redact: [],
  mode: 'mask',
  idleAfterMs: 60_000,
  maxEvents: 50_000,
  modelTitles: false,
};

export const sampleOpenedAtMs = 1_700_000_000_000;

export type EventDraft = Partial<CaptureEvent> & Pick<CaptureEvent, 'kind'>;

/** `session.opened` and then the drafts with seq 1, 2, 3 …, a second apart unless they say otherwise. */
export function sampleEvents(drafts: readonly EventDraft[], policy: Partial<Policy> = {}): CaptureEvent[] {
  const opened: CaptureEvent = {
    seq: 0,
    atMs: sampleOpenedAtMs,
    kind: 'session.opened',
    opened: {
      tenantId: 't',
      sessionId: 's',
      agent: { name: 'test', version: '1' },
      clockSkewMs: 0,
      policy: { ...samplePolicy, ...policy },
    },
  };
  const events = drafts.map((draft, index) => ({ seq: index + 1, atMs: sampleOpenedAtMs + (index + 1) * 1000, ...draft }));
  return [opened, ...events];
}

export function sampleChunk(events: readonly CaptureEvent[], chunk: Partial<CaptureChunk> = {}): CaptureChunk {
  return { tenantId: 't', sessionId: 's', deviceId: 'd', receivedAtMs: sampleOpenedAtMs, events, ...chunk };
}
