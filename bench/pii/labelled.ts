import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RedactionKind } from '../../processors/redact/kinds.ts';

/** A text in which people have marked what is personal. */
export interface LabelledText {
  readonly text: string;
  readonly spans: readonly LabelledSpan[];
}
export interface LabelledSpan {
  readonly kind: RedactionKind;
  readonly start: number;
  readonly end: number;
}

/**
 * The types of the Presidio set that have a structure, and what we call them. The others (PERSON, ADDRESS, LOCATION, ORGANIZATION, TITLE, DATE_TIME,
 * DOMAIN_NAME) have no form to check or name no person: they need a model or are not personal data by themselves.
 */
const presidioKinds: Readonly<Record<string, RedactionKind>> = {
  CREDIT_CARD: 'card',
  IBAN_CODE: 'iban',
  EMAIL_ADDRESS: 'e-mail',
  PHONE_NUMBER: 'phone',
  IP_ADDRESS: 'ip',
  US_SSN: 'national-id',
  US_DRIVER_LICENSE: 'national-id',
};

interface PresidioText {
  readonly full_text: string;
  readonly spans: readonly { readonly entity_type: string; readonly start_position: number; readonly end_position: number }[];
}

/** microsoft/presidio-research, `generated_small.json`, kept in testdata. */
export function readPresidio(folder: string): readonly LabelledText[] {
  const texts: readonly PresidioText[] = JSON.parse(readFileSync(join(folder, 'testdata', 'generated_small.json'), 'utf8'));
  return texts.map(({ full_text: text, spans }) => ({
    text,
    spans: spans.flatMap((span) => {
      const kind = presidioKinds[span.entity_type];
      return kind === undefined ? [] : [{ kind, start: span.start_position, end: span.end_position }];
    }),
  }));
}

interface InterfaceString {
  readonly text: string;
  readonly spans: readonly { readonly kind: RedactionKind; readonly value: string }[];
}

/** Our own set: what stands in interfaces, with and without personal data. */
export function readInterfaceStrings(folder: string): readonly LabelledText[] {
  const strings: readonly InterfaceString[] = JSON.parse(readFileSync(join(folder, 'interface-strings.json'), 'utf8'));
  return strings.map(({ text, spans }) => ({ text, spans: spans.map(({ kind, value }) => spanOf(text, kind, value)) }));
}

function spanOf(text: string, kind: RedactionKind, value: string): LabelledSpan {
  const start = text.indexOf(value);
  if (start < 0) throw new RangeError(`the value of kind ${kind} does not stand in its text`);
  return { kind, start, end: start + value.length };
}
