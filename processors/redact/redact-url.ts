import { redactionLabels, type RedactionKind } from './kinds.ts';
import { redactAfter, redactText, type RedactedText, type RedactionMode } from './text/text-redactor.ts';

/** A URL that carries its page inside itself is cut down to its scheme. */
const selfContained = /^(data|blob|javascript|about:srcdoc|filesystem):/i;

/**
 * A URL without what identifies people or opens doors: user info goes, and path segments, query values and the fragment are looked at as they stand and
 * decoded. Mode `drop` leaves the origin when anything was found. What is not a URL is redacted as text.
 */
export function redactUrl(url: string, kinds: ReadonlySet<RedactionKind>, mode: RedactionMode): RedactedText {
  const scheme = selfContained.exec(url)?.[1];
  if (scheme !== undefined) return { text: `${scheme.toLowerCase()}:`, found: [] };
  const whole = redactText(url, kinds, 'mask');
  const tokens = whole.text.split(/([/?&#;=])/);
  const parts = tokens.map((token, index) => redactPart(tokens[index - 1] === '=' ? (tokens[index - 2] ?? '') : '', token, kinds));
  const { text: withoutUser, removed } = withoutUserInfo(parts.map((part) => part.text).join(''));
  const found: readonly RedactionKind[] = [...whole.found, ...parts.flatMap((part) => part.found), ...removed];
  return { text: found.length > 0 && mode === 'drop' ? originOf(url) : withoutUser, found };
}

/** A path segment, or a value after its parameter's name, as it stands and decoded; `+` may be a space or a plus. */
function redactPart(parameter: string, part: string, kinds: ReadonlySet<RedactionKind>): RedactedText {
  const isEncoded = /%[0-9a-f]{2}|\+/i.test(part);
  if (parameter === '' && !isEncoded) return { text: part, found: [] };
  const label = parameter === '' ? '' : `${parameter}: `;
  const readings = isEncoded ? [decode(part), decode(part.replaceAll('+', ' '))] : [part];
  const redacted = readings.map((reading) => redactAfter(label, reading, kinds, 'mask'));
  return redacted.find((reading) => reading.found.length > 0) ?? { text: part, found: [] };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** A user name alone identifies, so all of it goes; a password in it was found before. */
function withoutUserInfo(text: string): { readonly text: string; readonly removed: readonly RedactionKind[] } {
  const match = /^([a-z][a-z0-9+.-]{0,30}:\/\/)([^/?#@]{0,512})@/i.exec(text);
  if (match === null) return { text, removed: [] };
  const known = match[2]?.includes(redactionLabels['connection-string']) === true;
  return { text: (match[1] ?? '') + text.slice(match[0].length), removed: known ? [] : ['connection-string'] };
}

function originOf(url: string): string {
  return /^[a-z][a-z0-9+.-]{0,30}:\/\/(?:[^/?#@]*@)?([^/?#]*)/i.exec(url)?.[0].replace(/\/\/[^@]*@/, '//') ?? '';
}
