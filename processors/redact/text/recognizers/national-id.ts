import { nearby, phoneWords, thingWords } from '../context.ts';
import { americanIds } from '../national/americas.ts';
import { asianAndAfricanIds } from '../national/asia-africa.ts';
import { northEastEuropeanIds } from '../national/europe-north-east.ts';
import { westEuropeanIds } from '../national/europe-west.ts';
import type { NationalId } from '../national/national-id.ts';
import type { Recognizer, Span } from '../recognizer.ts';

const countries: readonly NationalId[] = [...americanIds, ...westEuropeanIds, ...northEastEuropeanIds, ...asianAndAfricanIds];

const needNoWord = countries.filter((country) => country.context === undefined);
/** Any word that any country asks for: most texts have none, and half of the patterns need not run. */
const anyWord = new RegExp(countries.flatMap((country) => country.context?.source ?? []).join('|'), 'u');

/** Identity, tax and social security numbers of people, each by its authority's own check. */
export const nationalId: Recognizer = {
  name: 'national id',
  kind: 'national-id',
  mayHold: (traits) => traits.digitCount >= 4,
  *find(text) {
    const candidates = anyWord.test(text.toLowerCase()) ? countries : needNoWord;
    for (const country of candidates) yield* findOf(country, text);
  },
};

function* findOf(country: NationalId, text: string): Generator<Span> {
  for (const match of text.matchAll(country.pattern)) {
    const end = match.index + match[0].length;
    if (!country.valid(plainOf(match[0]))) continue;
    if (fits(country, match[0], nearby(text, match.index, end).before)) yield { start: match.index, end };
  }
}

/** Bare digits that a word calls an order or a phone number are one, even when the check digit happens to fit. */
function fits(country: NationalId, found: string, before: string): boolean {
  if (country.context !== undefined) return country.context.test(before);
  return !(/^\d+$/.test(found) && (thingWords.test(before) || phoneWords.test(before)));
}

function plainOf(found: string): string {
  return found.replace(/[ ./-]/g, '').toUpperCase();
}
