import assert from 'node:assert/strict';
import type { Screenshot, Target } from '../../schemas/types/capture-event.ts';
import type { StepDraft } from '../model.ts';
import { PureChain } from './pure-chain.ts';
import { sampleChunk, sampleEvents, sampleOpenedAtMs, type EventDraft } from './sample-session.ts';

export const button: Target = { role: 'button', name: 'Save', ref: 'b', tag: 'button' };
export const field: Target = { role: 'textbox', name: 'Username', ref: 'u', tag: 'input:text' };
export const password: Target = { role: 'textbox', name: 'Password', ref: 'p', tag: 'input:password', protected: true };
export const box: Target = { role: 'checkbox', name: 'cards', ref: 'c', tag: 'input:checkbox' };
export const list: Target = { role: 'combobox', name: 'Class', ref: 'l', tag: 'select' };
export const at = (ms: number) => ({ atMs: sampleOpenedAtMs + ms });
export const pointer = (clickCount = 1, x = 10, y = 10) => ({ x, y, button: 'left' as const, clickCount });
export const click = (target: Target, ms: number, clickCount = 1): EventDraft => ({
  kind: 'click',
  target,
  pointer: pointer(clickCount),
  ...at(ms),
});
export const down = (target: Target, ms: number): EventDraft => ({ kind: 'pointer.down', target, pointer: pointer(), ...at(ms) });
export const typed = (target: Target, text: string, ms: number): EventDraft => ({
  kind: 'input',
  target,
  input: { valueClass: text === '' ? 'empty' : 'text', text },
  ...at(ms),
});
export const key = (name: string, target: Target, ms: number, modifiers: readonly ('Control' | 'Shift')[] = []): EventDraft => ({
  kind: 'key.down',
  target,
  key: { key: name, modifiers },
  ...at(ms),
});
export const shot = (ofSeq: number, phase: 'before' | 'after', ms: number): EventDraft => ({
  kind: 'screenshot',
  screenshot: picture(ofSeq, phase),
  ...at(ms),
});
export const finished = (ms: number): EventDraft => ({ kind: 'session.finished', ...at(ms) });

function picture(ofSeq: number, phase: 'before' | 'after'): Screenshot {
  return { ofSeq, phase, sha256: `${ofSeq}${phase}`, sizeBytes: 1, mediaType: 'image/png', width: 1, height: 1, scale: 1, masks: [] };
}

export function play(drafts: readonly EventDraft[]): PureChain {
  const chain = new PureChain();
  for (const event of sampleEvents(drafts)) chain.take(sampleChunk([event]));
  return chain;
}

/** `kind name = value` of each step that stands at the end. */
export function stepsOf(drafts: readonly EventDraft[]): string[] {
  return play([...drafts, finished(3_600_000)])
    .view()
    .map((step) => `${step.kind} ${step.target.name}${step.value === undefined ? '' : ` = ${step.value}`}`);
}

export function lastDraft(chain: PureChain, stepId?: string): StepDraft {
  const draft = chain.drafts.findLast((step) => stepId === undefined || step.stepId === stepId);
  assert.ok(draft);
  return draft;
}
