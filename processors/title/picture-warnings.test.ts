import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SessionInfo, SafeStep } from '../model.ts';
import { buildGuide } from './guide-document.ts';
import { pictureWarnings } from './picture-warnings.ts';
import type { TitledStep } from './title-state.ts';

const expired = 'The original has expired; an earlier redaction of it is shown.';

function entry(order: number, more: Partial<SafeStep> = {}): TitledStep {
  const revision = { ordinal: order, timer: 0, final: true };
  const target = { name: 'Save', role: 'button' };
  return { step: { stepId: `s${order}`, revision, state: 'final', order, kind: 'click', target, atMs: 0, redactions: [], ...more } };
}

describe('warnings about pictures', () => {
  it('are none when every picture is there', () => {
    assert.deepEqual(pictureWarnings([entry(1), entry(2)]), []);
  });

  it('name each reason once with the number of steps, in the order of the steps', () => {
    const entries = [
      entry(1, { imageMissing: 'tab hidden' }),
      entry(2, { imageMissing: expired }),
      entry(3, { imageMissing: 'tab hidden' }),
    ];
    assert.deepEqual(pictureWarnings(entries), ['Pictures of 2 steps: tab hidden', `Picture of 1 step: ${expired}`]);
  });

  it('stay few when a recorder invents a reason for each step', () => {
    const entries = Array.from({ length: 500 }, (_, order) => entry(order, { imageMissing: `reason ${order}` }));
    const warnings = pictureWarnings(entries);
    assert.equal(warnings.length, 9);
    assert.equal(warnings.at(-1), 'Pictures of 492 steps: missing for other reasons.');
  });
});

describe('the guide of a replay after the originals expired', () => {
  const session: SessionInfo = {
    tenantId: 'acme',
    sessionId: 's1',
    openedAtMs: 0,
    policy: { policyId: 'p', version: 1, redact: [], mode: 'mask', idleAfterMs: 1, maxEvents: 1, modelTitles: false },
  };
  const guideOf = (entries: readonly TitledStep[]) =>
    buildGuide(
      { session, requestCount: 0 },
      { get: () => undefined, put: () => {}, all: () => entries, aheadOf: () => undefined, setAhead: () => {} },
      {
        tenantId: 'acme',
        sessionId: 's1',
        revision: { ordinal: 9, timer: 0, final: true },
        status: 'finished',
        title: '',
        openedAtMs: 0,
        lastEventAtMs: 0,
        eventCount: 1,
        missedEvents: 0,
        duplicateEvents: 0,
        warnings: ['One event never arrived.'],
      },
    );
  const image = { imageId: 'i', fullKey: 'f', thumbnailKey: 't', width: 1, height: 1 };

  it('says that a step shows a stored redaction, beside the warnings of the session', () => {
    assert.deepEqual(guideOf([entry(1, { image, imageMissing: expired })]).warnings, [
      'One event never arrived.',
      `Picture of 1 step: ${expired}`,
    ]);
  });

  it('says nothing about steps that were taken out', () => {
    const deleted = { ...entry(1, { imageMissing: expired }), isDeleted: true };
    assert.deepEqual(guideOf([deleted, entry(2, { state: 'removed', imageMissing: expired })]).warnings, ['One event never arrived.']);
  });
});
