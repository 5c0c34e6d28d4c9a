import { precedenceOf, type RedactionKind } from '../kinds.ts';
import { traitsOf, type Finding, type Recognizer, type Span } from './recognizer.ts';

/** A recognizer never sees more at once, so the cost of a text is linear in its length whatever its patterns do. */
export const windowLength = 2048;
/** Windows overlap, so a finding that one cuts is whole in the next, with the words before it. */
export const windowOverlap = 384;

/** All findings of `kinds` in a prepared text, not overlapping, in order. */
export function findAll(text: string, kinds: ReadonlySet<RedactionKind>, recognizers: readonly Recognizer[]): readonly Finding[] {
  const wanted = recognizers.filter((recognizer) => kinds.has(recognizer.kind));
  const found: Finding[] = [];
  for (const window of windowsOf(text.length)) findInWindow(text, window, wanted, found);
  return merge(found.map((finding) => (isLongKind(finding.kind) ? toEndOfRun(text, finding) : finding)));
}

export function windowsOf(length: number): readonly Span[] {
  const windows: Span[] = [];
  for (let start = 0; start === 0 || start + windowOverlap < length; start += windowLength - windowOverlap) {
    windows.push({ start, end: Math.min(length, start + windowLength) });
  }
  return windows;
}

function findInWindow(text: string, window: Span, recognizers: readonly Recognizer[], into: Finding[]): void {
  const part = window.start === 0 && window.end === text.length ? text : text.slice(window.start, window.end);
  const traits = traitsOf(part);
  const asked = recognizers.filter((recognizer) => recognizer.mayHold(traits));
  const first = asked.filter((recognizer) => recognizer.looksLast !== true).flatMap((recognizer) => findOne(recognizer, part));
  const rest = blank(part, first);
  const last = asked.filter((recognizer) => recognizer.looksLast === true).flatMap((recognizer) => findOne(recognizer, rest));
  for (const { start, end, kind } of [...first, ...last]) {
    const finding = { start: start + window.start, end: end + window.start, kind };
    if (!isCut(finding, window, text.length)) into.push(finding);
  }
}

function findOne(recognizer: Recognizer, part: string): readonly Finding[] {
  return Array.from(recognizer.find(part), ({ start, end }) => ({ start, end, kind: recognizer.kind }));
}

/** The text with `~` for every character of a finding. */
function blank(part: string, findings: readonly Finding[]): string {
  return findings.reduce((text, { start, end }) => text.slice(0, start) + '~'.repeat(end - start) + text.slice(end), part);
}

/** A finding at an inner edge may be half of something: the other window has it whole. Long kinds are kept and grown instead. */
function isCut(finding: Finding, window: Span, length: number): boolean {
  if (isLongKind(finding.kind)) return false;
  return (finding.start === window.start && window.start > 0) || (finding.end === window.end && window.end < length);
}

/** Kinds that may be longer than the overlap. */
function isLongKind(kind: RedactionKind): boolean {
  return kind === 'token' || kind === 'private-key';
}

/** A token goes on as long as its characters do; a private key until its last line. */
function toEndOfRun(text: string, finding: Finding): Finding {
  if (finding.kind === 'private-key') return { ...finding, end: privateKeyEnd(text, finding.start) };
  let end = finding.end;
  if (finding.end - finding.start > windowOverlap) while (/[A-Za-z0-9_.~+/=-]/.test(text[end] ?? '')) end += 1;
  return { ...finding, end };
}

function privateKeyEnd(text: string, start: number): number {
  const last = text.indexOf('-----END ', start);
  const close = last === -1 ? -1 : text.indexOf('-----', last + '-----END '.length);
  return close === -1 ? text.length : close + '-----'.length;
}

/** Overlapping findings become one that covers both, of the stronger kind: no piece of either is left. */
function merge(found: readonly Finding[]): readonly Finding[] {
  const merged: Finding[] = [];
  for (const finding of found.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    if (last === undefined || finding.start >= last.end) merged.push(finding);
    else merged[merged.length - 1] = union(last, finding);
  }
  return merged;
}

function union(a: Finding, b: Finding): Finding {
  return { start: a.start, end: Math.max(a.end, b.end), kind: precedenceOf(a.kind) <= precedenceOf(b.kind) ? a.kind : b.kind };
}
