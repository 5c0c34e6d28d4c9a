import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/max';
import { nearby, phoneWords, thingWords, words, type Nearby } from '../context.ts';
import { digitsOf, type Recognizer } from '../recognizer.ts';

const afterWords = words('office', 'fax', 'mobile', 'cell', 'home', 'work', 'desk', 'phone');

/** Words that also mean other things: only a grouped number counts after them. */
const weakWords = words('call', 'calling', 'ring', 'text', 'desk', 'contact', 'reach');

/** Digits in groups with one or two signs between them, an extension at the end. Nothing that hangs on a word, a path or a longer number. */
const candidate =
  /(?<![\p{L}\p{N}_@#%&=/\\.,:$€£¥+-])(?<![\p{L}\p{N}][-.,:])(?:\+ ?|\()?\d{1,15}(?:[ ./()-]{1,4}\d{1,12}){0,7}\)?(?:[ ,;]{0,2}(?:x|ext\.?|extension|#)[ .:]{0,2}\d{1,6})?(?![\p{L}\p{N}%°@]|[.,:/-]\d|[ ]?(?:€|£|\$|USD|EUR|kB|MB|GB|KB|ms|px|kg|cm|mm|items?|rows?)(?![\p{L}]))/giu;

/** Where a national number without a word for it may come from, when it is written as numbers are written there. */
const trunkCountries: readonly CountryCode[] = [
  'GB',
  'FR',
  'DE',
  'IT',
  'NL',
  'BE',
  'CH',
  'AT',
  'SE',
  'AU',
  'IN',
  'JP',
  'ZA',
  'BR',
  'PL',
  'IE',
  'NZ',
  'FI',
];

export const phone: Recognizer = {
  name: 'phone',
  kind: 'phone',
  looksLast: true,
  mayHold: (traits) => traits.digitCount >= 7,
  *find(text) {
    for (const match of text.matchAll(candidate)) {
      const found = match[0].trimEnd();
      const end = match.index + found.length;
      if (isPhone(found, nearby(text, match.index, end))) yield { start: match.index, end };
    }
  },
};

function isPhone(found: string, context: Nearby): boolean {
  const main = found.replace(/[ ,;]*(?:x|ext\.?|extension|#)[ .:]*\d+$/i, '');
  const digits = digitsOf(main);
  if (digits.length < 7 || digits.length > 15 || isDateOrPlain(main)) return false;
  const about = aboutOf(context);
  if (about === 'phone') return true;
  if (main.startsWith('+')) return international(main);
  if (about === 'thing') return false;
  if (about === 'maybe' && /\d[ )./-]+\d/.test(main)) return true;
  return prefixed(main, found) || isNorthAmerican(main) || isTrunk(main, digits);
}

/** The word nearest to the number decides: "phone order 12…" is an order. */
function aboutOf({ before, after }: Nearby): 'phone' | 'maybe' | 'thing' | undefined {
  const forMaybe = lastIndex(before, weakWords);
  const forPhone = lastIndex(before, phoneWords);
  const forThing = Math.max(lastIndex(before, thingWords), /[#№€£$¥]\s*$/.test(before) ? before.length : -1);
  if (forPhone > forThing) return 'phone';
  if (forMaybe > forThing) return 'maybe';
  if (forThing >= 0) return 'thing';
  return afterWords.test(after) && /^[ (,]{0,3}\p{L}/u.test(after) ? 'phone' : undefined;
}

function lastIndex(text: string, pattern: RegExp): number {
  let last = -1;
  for (const match of text.matchAll(new RegExp(pattern.source, 'gu'))) last = match.index;
  return last;
}

/** Dates, spans of years, decimal numbers, and one digit over and over are not dialled. */
function isDateOrPlain(text: string): boolean {
  return (
    /^\(?(?:\d{4}[ ./-]\d{1,2}[ ./-]\d{1,2}|\d{1,2}[ ./-]\d{1,2}[ ./-]\d{4})(?![\d])/.test(text) ||
    /(?<!\d)(?:(?:19|20)\d{2}[-./](?:0\d|1[0-2])[-./][0-3]\d|[0-3]\d[-./](?:0\d|1[0-2])[-./](?:19|20)\d{2})(?!\d)/.test(text) ||
    /^(?:19|20)\d{2} ?[-/] ?(?:19|20)\d{2}$/.test(text) ||
    /^\d+\.\d+$/.test(text) ||
    /^(\d)\1+$/.test(digitsOf(text))
  );
}

function international(text: string): boolean {
  return parsePhoneNumberFromString(text)?.isPossible() === true;
}

/** 00, 001 and 011 stand for `+`; grouped, and possible there, or with an extension. */
function prefixed(main: string, whole: string): boolean {
  const rest = /^(?:0011|011|001|00)[ .-]?(?=\d)/.exec(main);
  if (rest === null || !/[ .-]/.test(main)) return false;
  const country = rest[0].startsWith('001') ? '+1' : '+';
  return whole !== main || international(country + main.slice(rest[0].length));
}

/** (NXX) NXX-XXXX and its dashed, dotted and `1-` forms (NANP). */
function isNorthAmerican(text: string): boolean {
  return /^(?:1[ .-])?\([2-9]\d{2}\) ?[2-9]\d{2}[ .-]\d{4}$/.test(text) || /^(?:1([ .-]))?[2-9]\d{2}([.-])[2-9]\d{2}\2\d{4}$/.test(text);
}

/** A leading 0, at least nine digits in at least two groups, valid in a country that writes numbers so. */
function isTrunk(text: string, digits: string): boolean {
  if (!/^\(?0\d/.test(text) || digits.length < 9 || !/\d[ )./-]+\d/.test(text)) return false;
  const groups = text.match(/\d+/g) ?? [];
  // numbers in pairs are French and Belgian, five of them; other rows of pairs are times, draws and measures
  if (groups.length !== 5 && groups.every((group) => group.length === 2)) return false;
  return trunkCountries.some((country) => parsePhoneNumberFromString(text, country)?.isValid() === true);
}
