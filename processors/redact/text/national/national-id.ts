import { words } from '../context.ts';

/** One country's number, as its authority publishes the rules. */
export interface NationalId {
  readonly name: string;
  /** Global; bounded by no letter or digit. */
  readonly pattern: RegExp;
  /** Gets the match without spaces, dots, hyphens and slashes, upper case. */
  readonly valid: (plain: string) => boolean;
  /** Words of which one must stand before it; absent: its form and check digits are enough. */
  readonly context?: RegExp;
}

/** Words that speak of any national number. */
const idWords = [
  'national id',
  'national identity',
  'identity (?:card|number|no)',
  'personal (?:id|number|code|identity)',
  'tax (?:id|number|no|file number)',
  'taxpayer',
  'tin',
  'social security',
  'social insurance',
  'ssn',
  'id card',
  'citizen(?:ship)? (?:id|number|no)',
  'id number',
];

export function idContext(...own: readonly string[]): RegExp {
  return words(...idWords, ...own);
}

/** Bounds a pattern so that it takes no part of a longer number or word. */
export function bounded(source: string): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}_.,/+-]|[#$€£])(?:${source})(?![\\p{L}\\p{N}_]|[.,/-]\\p{N})`, 'giu');
}
