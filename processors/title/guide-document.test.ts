import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildGuide } from './guide-document.ts';

test('a guide lasts from the opening of its session to the latest event', () => {
  const openedAtMs = 1_760_000_000_000;
  const policy = { policyId: 'p', version: 1, redact: [], mode: 'mask', idleAfterMs: 1, maxEvents: 1, modelTitles: false } as const;
  const guide = buildGuide(
    { session: { tenantId: 'acme', sessionId: 's1', openedAtMs, policy }, requestCount: 0 },
    { get: () => undefined, put: () => {}, all: () => [], aheadOf: () => undefined, setAhead: () => {} },
    {
      tenantId: 'acme',
      sessionId: 's1',
      revision: { ordinal: 9, timer: 0, final: true },
      status: 'finished',
      title: '',
      openedAtMs,
      lastEventAtMs: openedAtMs + 7_000,
      eventCount: 1,
      missedEvents: 0,
      duplicateEvents: 0,
      warnings: [],
    },
  );
  assert.equal(guide.durationMs, 7_000);
});
