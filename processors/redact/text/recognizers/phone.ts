import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/max';
import { lastIndex, nearby, phoneWords, thingWords, words, type Nearby } from '../context.ts';
import { digitsOf, type Recognizer } from '../recognizer.ts';

const afterWords = words('office', 'fax', 'mobile', 'cell', 'home', 'work', 'desk', 'phone');

/** Words that also mean other things: only a grouped number counts after them. */
const weakWords = words('call', 'calling', 'ring', 'text', 'desk', 'contact', 'reach');

const asked = '(?:call|ring|reach|text|contact)(?: (?:me|us|him|her|them|you|back))*(?: (?:at|on|under|via))?';
const sent = '(?:messages?|texts?|sms|voicemails?)(?: \\p{L}+){0,2} (?:on|to|at|from)(?: \\p{L}+){0,2}';
const owned = '(?:my|your|his|her|their|our|contact)(?: new| old)? numbers?(?: is)?';

/**
 * Phrases that end where a number to dial begins, grouped or not: `you can call`, `reach me at`, `messages to`, `message on my registered`, `my number is`. A
 * round number is a count even there.
 */
const phrase = new RegExp(`(?<![\\p{L}\\p{N}])(?:${asked}|${sent}|${owned})[ :(]{1,3}$`, 'u');

/** Digits in groups with one or two signs between them, an extension at the end. Nothing that hangs on a word, a path or a longer number. */
const candidate =
  /(?<![\p{L}\p{N}_@#%&=/\\.,:$€£¥+-])(?<![\p{L}\p{N}][-.,:])(?:\+ ?|\(\+?)?\d{1,15}(?:[ ./()-]{1,4}\d{1,12}){0,7}\)?(?:[ ,;]{0,2}(?:x|ext\.?|extension|#)[ .:]{0,2}\d{1,6})?(?![\p{L}\p{N}%°@]|[.,:/-]\d|[ ]?(?:€|£|\$|USD|EUR|kB|MB|GB|KB|ms|px|kg|cm|mm|items?|rows?)(?![\p{L}]))/giu;

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
      const found = inBrackets(match[0].trimEnd());
      const start = match.index + match[0].indexOf(found);
      const end = start + found.length;
      if (isPhone(found, nearby(text, start, end))) yield { start, end };
    }
  },
};

/** The number of `(020 7946 0018)`; brackets around a part of it are its own. */
function inBrackets(found: string): string {
  const isOpen = found.split('(').length < found.split(')').length;
  if (isOpen) return found.slice(0, found.lastIndexOf(')'));
  const partner = partnerOf(found);
  if (!found.startsWith('(') || (partner !== -1 && partner !== found.length - 1)) return found;
  return partner === -1 ? found.slice(1) : found.slice(1, -1);
}

/** Where the bracket that opens at the start closes, or -1. */
function partnerOf(text: string): number {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '(') depth += 1;
    if (text[index] === ')') depth -= 1;
    if (depth === 0) return index;
  }
  return -1;
}

function isPhone(found: string, context: Nearby): boolean {
  const main = found.replace(/[ ,;]*(?:x|ext\.?|extension|#)[ .:]*\d+$/i, '');
  const digits = digitsOf(main);
  if (digits.length < 7 || digits.length > 15 || isDateOrPlain(main)) return false;
  const about = aboutOf(context);
  if (about === 'phone' || (phrase.test(context.before) && !digits.endsWith('0000'))) return true;
  if (/^\(?\+/.test(main)) return international(main.replace('(+', '+')) || isGroupedAbroad(main, digits);
  if (about === 'thing') return false;
  return (about === 'maybe' && /\d[ )./-]+\d/.test(main)) || isNational(main, found, context);
}

/** By its form alone. A postal code stands behind the short name of a state. */
function isNational(main: string, found: string, { before }: Nearby): boolean {
  if (prefixed(main, found) || isNorthAmerican(main)) return true;
  return isTrunk(main, digitsOf(main)) && !/,\s[a-z]{2,4}\s{1,3}$/.test(before);
}

/** The word nearest to the number decides: "phone order 12…" is an order. */
function aboutOf({ before, after }: Nearby): 'phone' | 'maybe' | 'thing' | undefined {
  const forMaybe = lastIndex(before, weakWords);
  const forPhone = lastIndex(before, phoneWords);
  const forThing = Math.max(lastIndex(before, thingWords), /[#№€£$¥]\s*$/.test(before) ? before.length : -1);
  if (forPhone > forThing) return 'phone';
  if (forMaybe > forThing) return 'maybe';
  if (forThing >= 0) return 'thing';
  return afterWords.test(after) && /^[ (,-]{0,3}\p{L}/u.test(after) ? 'phone' : undefined;
}

/** Dates, spans of years, decimal numbers, and one digit over and over are not dialled. */
function isDateOrPlain(text: string): boolean {
  return (
    /^\(?(?:[12]\d{3}[ ./-]\d{1,2}[ ./-]\d{1,2}|\d{1,2}[ ./-]\d{1,2}[ ./-]\d{4})(?![\d])/.test(text) ||
    /(?<!\d)(?:(?:19|20)\d{2}[-./](?:0\d|1[0-2])[-./][0-3]\d|[0-3]\d[-./](?:0\d|1[0-2])[-./](?:19|20)\d{2})(?!\d)/.test(text) ||
    /^(?:19|20)\d{2} ?[-/] ?(?:19|20)\d{2}$/.test(text) ||
    /^\d+\.\d+$/.test(text) ||
    /^(\d)\1+$/.test(digitsOf(text))
  );
}

function international(text: string): boolean {
  return parsePhoneNumberFromString(text)?.isPossible() === true;
}

/** A plus sign and three groups or more, as long as a number is: what else is written so counts thousands. */
function isGroupedAbroad(text: string, digits: string): boolean {
  const groups = text.match(/\d+/g) ?? [];
  return digits.length >= 9 && groups.length >= 3 && !groups.slice(1).every((group) => group.length === 3);
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
