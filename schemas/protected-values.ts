import type { CaptureEvent, Input, Target } from './types/capture-event.ts';

/**
 * The event without anything that a protected field could leak through: the field's text and checked state, a name that was taken from its value, keys pressed
 * in it, a selector that might quote it, and a note. The last line of defence behind agents, which must not read such fields at all; what needs the history of
 * a session (which field has the focus) is ingest's. The same object when there is nothing to take out.
 */
export function withoutProtectedValues(event: CaptureEvent): CaptureEvent {
  const isProtected = event.target?.protected === true;
  const isSecret = isProtected || event.input?.valueClass === 'secret';
  if (!isSecret) return event;
  if (event.key !== undefined) return { seq: event.seq, atMs: event.atMs, kind: 'unknown' };
  const { input, target, note: _note, ...rest } = event;
  return {
    ...rest,
    ...(target === undefined ? {} : { target: protectedTarget(target) }),
    ...(input === undefined ? {} : { input: secretInput(input) }),
  };
}

/** Emptiness may be told, nothing else. */
function secretInput(input: Input): Input {
  return { valueClass: input.valueClass === 'empty' ? 'empty' : 'secret' };
}

function protectedTarget(target: Target): Target {
  const { selector, checked: _checked, ...rest } = target;
  const named = rest.nameSource === 'value' ? { ...rest, name: '', nameSource: 'none' } : rest;
  const isPlain = selector !== undefined && !mayQuote.test(selector);
  return { ...named, ...(isPlain ? { selector } : {}), protected: true };
}

/** A selector with an attribute test or a quoted text may hold what was typed; one of ids, tags and positions may not. */
const mayQuote = /["'=]/;
