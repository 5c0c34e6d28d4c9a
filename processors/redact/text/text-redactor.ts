import { redactionLabels, type RedactionKind } from '../kinds.ts';
import { findAll } from './find-all.ts';
import { prepareText } from './prepared-text.ts';
import { recognizers } from './recognizers.ts';
import type { Finding } from './recognizer.ts';

/** `mask` puts a label in place of each finding; `drop` puts the labels in place of the whole text. */
export type RedactionMode = 'mask' | 'drop';

export interface RedactedText {
  readonly text: string;
  /** The kinds found, one entry a finding, in order. Empty: the text is unchanged. */
  readonly found: readonly RedactionKind[];
}

/** A longer text is cut here and says so: what nobody looked at is not shown. */
export const maxTextLength = 65_536;
const cutLabel = ' [cut]';

/** Findings with original indices. */
export function findInText(text: string, kinds: ReadonlySet<RedactionKind>): readonly Finding[] {
  const prepared = prepareText(text);
  return findAll(prepared.text, kinds, recognizers).map(({ start, end, kind }) => ({
    kind,
    start: prepared.originalIndex(start),
    end: prepared.originalIndex(end),
  }));
}

/** Deterministic and idempotent: labels are found to be nothing. */
export function redactText(original: string, kinds: ReadonlySet<RedactionKind>, mode: RedactionMode): RedactedText {
  return redactAfter('', original, kinds, mode);
}

/** The same for a text that stands after `label` (a field's value after its name): the label is read, not redacted. */
export function redactAfter(label: string, original: string, kinds: ReadonlySet<RedactionKind>, mode: RedactionMode): RedactedText {
  const text = original.length <= maxTextLength ? original : original.slice(0, maxTextLength);
  const findings = findInText(label + text, kinds)
    .filter((finding) => finding.end > label.length)
    .map(({ kind, start, end }) => ({ kind, start: Math.max(0, start - label.length), end: end - label.length }));
  const found = findings.map((finding) => finding.kind);
  const cut = text === original ? '' : cutLabel;
  if (found.length > 0 && mode === 'drop') return { text: [...new Set(found)].map((kind) => redactionLabels[kind]).join(' '), found };
  return { text: mask(text, findings) + cut, found };
}

function mask(text: string, findings: readonly Finding[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, kind } of findings) {
    parts.push(text.slice(at, start), redactionLabels[kind]);
    at = end;
  }
  return parts.join('') + text.slice(at);
}
