import type { RedactionKind } from '../kinds.ts';

/** `[start, end)` of the prepared text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A finding, with what it is. */
export interface Finding extends Span {
  readonly kind: RedactionKind;
}

/** What a text has, computed once, so that most interface strings meet no recognizer at all. */
export interface TextTraits {
  readonly digitCount: number;
  readonly letterRun: boolean;
  readonly hasAt: boolean;
  readonly hasColon: boolean;
  readonly hasEquals: boolean;
  readonly hasSlash: boolean;
}

/**
 * Finds one kind. Pure; sees at most one window of text (`windowLength`), so whatever its patterns cost is bounded by a constant a window.
 * Patterns still use bounded repeats only.
 */
export interface Recognizer {
  readonly name: string;
  readonly kind: RedactionKind;
  /** Looks last, at a text in which the findings of the others are blank: its form is so loose that it would swallow their neighbours. */
  readonly looksLast?: true;
  /** False: the text cannot hold one. Must be cheap. */
  mayHold(traits: TextTraits): boolean;
  find(text: string): Iterable<Span>;
}

export function traitsOf(text: string): TextTraits {
  let digitCount = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 48 && code <= 57) digitCount += 1;
  }
  return {
    digitCount,
    letterRun: /[A-Za-z0-9_-]{12}/.test(text),
    hasAt: text.includes('@') || text.includes('%40'),
    hasColon: text.includes(':'),
    hasEquals: text.includes('='),
    hasSlash: text.includes('/'),
  };
}

/** All matches of a global pattern that `accept` keeps. Group 1, when there is one, is the finding; else the whole match. */
export function* matches(text: string, pattern: RegExp, accept: (match: RegExpExecArray) => boolean = () => true): Generator<Span> {
  for (const match of text.matchAll(pattern)) {
    if (!accept(match)) continue;
    const found = match[1] ?? match[0];
    const start = match.index + (match[1] === undefined ? 0 : match[0].lastIndexOf(found));
    yield { start, end: start + found.length };
  }
}

export function digitsOf(text: string): string {
  return text.replace(/[^0-9]/g, '');
}
