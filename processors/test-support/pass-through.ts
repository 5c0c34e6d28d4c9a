import type { DraftMessage, SafeMessage, SafeStep, StepDraft } from '../model.ts';

/** What a step is without pictures and redaction: for tests of the other parts of the chain. */
export function passThrough(message: DraftMessage): SafeMessage {
  return message.type === 'step' ? { ...message, step: unredacted(message.step) } : message;
}

function unredacted({ shot: _shot, shotMissing, click: _click, target, ...step }: StepDraft): SafeStep {
  return {
    ...step,
    target: {
      name: target?.name ?? '',
      role: target?.role ?? '',
      ...(target?.context === undefined ? {} : { context: target.context }),
      ...(target?.nameSource === undefined ? {} : { nameSource: target.nameSource }),
    },
    ...(shotMissing === undefined ? {} : { imageMissing: shotMissing }),
    redactions: [],
  };
}
