import type { Policy } from '../../schemas/types/capture-event.ts';
import type { RedactionCount } from '../../schemas/types/guide.ts';
import { kindsOf, redactionKinds, type RedactionKind } from './kinds.ts';
import { redactUrl } from './redact-url.ts';
import { redactAfter, redactText, type RedactedText } from './text/text-redactor.ts';

/** Redacts the texts of one policy. Pure but for a bounded memory of what it has just seen: the same title and URL come with every step of a page. */
export interface Redactor {
  text(text: string): RedactedText;
  /** A field's value, read with the field's name before it: what is a phone number says the field. */
  value(name: string, value: string): RedactedText;
  url(url: string): RedactedText;
}

/** How many texts of a policy are remembered; the oldest goes first. */
const memoryCount = 512;
/** Longer texts are not remembered. */
const memoryTextLength = 512;
/** A longer name is a sentence and no label. */
const labelLength = 80;

export function createRedactor(policy: Pick<Policy, 'redact' | 'mode'>): Redactor {
  const kinds = kindsOf(policy.redact);
  const { mode } = policy;
  return {
    text: remember((text) => redactText(text, kinds, mode)),
    url: remember((url) => redactUrl(url, kinds, mode)),
    value: (name, value) => redactAfter(labelOf(name), value, kinds, mode),
  };
}

/** `Phone *` becomes `Phone: `, as a text would have it. */
function labelOf(name: string): string {
  return name === '' || name.length > labelLength ? '' : `${name.replace(/[\s:*]+$/, '')}: `;
}

function remember(redact: (text: string) => RedactedText): (text: string) => RedactedText {
  const memory = new Map<string, RedactedText>();
  return (text) => {
    const known = memory.get(text);
    if (known !== undefined) return known;
    const redacted = redact(text);
    if (text.length > memoryTextLength) return redacted;
    const [oldest] = memory.size < memoryCount ? [] : memory.keys();
    if (oldest !== undefined) memory.delete(oldest);
    memory.set(text, redacted);
    return redacted;
  };
}

/** One count a kind, in the order of kinds; `already` is added. */
export function countKinds(found: readonly RedactionKind[], already: readonly RedactionCount[] = []): readonly RedactionCount[] {
  return redactionKinds.flatMap((kind) => {
    const before = already.find((one) => one.kind === kind)?.count ?? 0;
    const count = before + found.filter((one) => one === kind).length;
    return count === 0 ? [] : [{ kind, count }];
  });
}
