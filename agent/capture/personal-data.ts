import { luhn, mod97 } from '../../schemas/check-digits.ts';

/** Where something stands in a text: `start` inclusive, `end` exclusive. */
export type TextRange = readonly [start: number, end: number];

/**
 * Structured personal data and secrets in a text that a page shows, so that no picture leaves the device with it. The kinds whose form alone tells them:
 * e-mail, payment card (Luhn), IBAN (mod 97), international phone number, US social security number, IPv4 address, JSON Web Token, keys with a known prefix. The server
 * looks again, with more kinds, at every text; it cannot look into pictures.
 */
export function personalRanges(text: string): TextRange[] {
  if (!/[@+]|\d{3}|\d\.\d|eyJ|_|AKIA|xox/.test(text)) return [];
  return recognizers.flatMap(({ pattern, accepts }) =>
    [...text.matchAll(pattern)]
      .filter(([found]) => accepts?.(found) ?? true)
      .map((match): TextRange => [match.index, match.index + match[0].length]),
  );
}

interface Recognizer {
  readonly pattern: RegExp;
  readonly accepts?: (found: string) => boolean;
}

/** Every repetition is bounded, so a long text costs a time in proportion to its length. */
const recognizers: readonly Recognizer[] = [
  { pattern: /[\p{L}\p{N}._%+-]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24}/gu },
  { pattern: /(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.])/g, accepts: isCard },
  { pattern: /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/g, accepts: isIban },
  { pattern: /\+[1-9](?:[ ().-]{0,2}\d){6,14}/g },
  { pattern: /\b(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}\b/g },
  { pattern: /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g, accepts: isRoutableAddress },
  { pattern: /\beyJ[\w-]{10,2000}\.[\w-]{10,4000}\.[\w-]{5,1000}/g },
  { pattern: /\b(?:gh[pousr]_|github_pat_|glpat-|sk_live_|rk_live_|xox[abpr]-|npm_)[\w-]{16,255}|\bAKIA[0-9A-Z]{16}\b/g },
];

function isCard(found: string): boolean {
  const digits = found.replace(/\D/g, '');
  return /[1-9]/.test(digits) && luhn(digits);
}

function isIban(found: string): boolean {
  const plain = found.replaceAll(' ', '');
  return plain.length >= 15 && plain.length <= 34 && mod97(plain.slice(4) + plain.slice(0, 4)) === 1;
}

function isRoutableAddress(found: string): boolean {
  const parts = found.split('.').map(Number);
  return parts.every((part) => part <= 255) && parts[0] !== 127 && parts[0] !== 0;
}
