import { redactionKinds, type RedactionKind } from '../../processors/redact/kinds.ts';
import { findInText } from '../../processors/redact/text/text-redactor.ts';
import type { LabelledText } from './labelled.ts';

/** What `npm run pii` demands of precision and recall, over all kinds of a set. */
export const threshold = 0.97;

export interface KindScore {
  readonly kind: RedactionKind | 'all';
  readonly labelled: number;
  readonly right: number;
  readonly invented: number;
  readonly precision: number;
  readonly recall: number;
}

export interface Mistake {
  readonly text: string;
  readonly kind: RedactionKind;
  readonly what: 'missed' | 'invented';
}

export interface SetScore {
  readonly kinds: readonly KindScore[];
  readonly all: KindScore;
  readonly mistakes: readonly Mistake[];
}

const everyKind = new Set(redactionKinds);

/** A finding is right when kind, first and last character are the labelled ones: a half-masked number is a miss and an invention. */
export function scoreSet(texts: readonly LabelledText[]): SetScore {
  const judged = texts.flatMap(judge);
  const kinds = redactionKinds
    .map((kind) =>
      countOf(
        kind,
        judged.filter((one) => one.kind === kind),
      ),
    )
    .filter((score) => score.labelled + score.invented > 0);
  const mistakes = judged.flatMap(({ text, kind, what }): readonly Mistake[] => (what === 'right' ? [] : [{ text, kind, what }]));
  return { kinds, all: countOf('all', judged), mistakes };
}

interface Judged {
  readonly text: string;
  readonly kind: RedactionKind;
  readonly what: 'right' | 'missed' | 'invented';
}

function judge({ text, spans }: LabelledText): readonly Judged[] {
  const keyOf = (span: { kind: string; start: number; end: number }): string => `${span.kind} ${span.start} ${span.end}`;
  const found = findInText(text, everyKind);
  const labelled = new Set(spans.map(keyOf));
  const foundKeys = new Set(found.map(keyOf));
  return [
    ...spans.map((span): Judged => ({ text, kind: span.kind, what: foundKeys.has(keyOf(span)) ? 'right' : 'missed' })),
    ...found.filter((span) => !labelled.has(keyOf(span))).map((span): Judged => ({ text, kind: span.kind, what: 'invented' })),
  ];
}

function countOf(kind: KindScore['kind'], judged: readonly Judged[]): KindScore {
  const count = (what: Judged['what']): number => judged.filter((one) => one.what === what).length;
  const [right, missed, invented] = [count('right'), count('missed'), count('invented')];
  return {
    kind,
    labelled: right + missed,
    right,
    invented,
    precision: ratio(right, right + invented),
    recall: ratio(right, right + missed),
  };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
