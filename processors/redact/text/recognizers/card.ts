import { luhn } from '../../../../schemas/check-digits.ts';
import { lastIndex, nearby, thingWords, words } from '../context.ts';
import { digitsOf, matches, type Recognizer } from '../recognizer.ts';

/** Issuer ranges and lengths, from the brands' published BIN tables: found without a word for it nearby. Others, older and local ones among them, need the word. */
const brands: readonly { readonly prefix: RegExp; readonly lengths: readonly number[] }[] = [
  { prefix: /^4/, lengths: [16] }, // Visa
  { prefix: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16] }, // Mastercard
  { prefix: /^3[47]/, lengths: [15] }, // American Express
  { prefix: /^(?:6011|64[4-9]|65)/, lengths: [16] }, // Discover
  { prefix: /^(?:30[0-5]|3095|36|38|39)/, lengths: [14] }, // Diners Club
  { prefix: /^35(?:2[89]|[3-8])/, lengths: [16] }, // JCB
  { prefix: /^(?:62|81)/, lengths: [16] }, // UnionPay
  { prefix: /^(?:5018|5020|5038|5893|6304|6759|676[1-3])/, lengths: [16] }, // Maestro
  { prefix: /^220[0-4]/, lengths: [16] }, // Mir
  { prefix: /^(?:508|60|82)/, lengths: [16] }, // RuPay
];

const cardWords = words(
  'cards?',
  'cc',
  'charge',
  'credit',
  'debit',
  'visa',
  'mastercard',
  'maestro',
  'amex',
  'pan',
  'karte',
  'kreditkarte',
  'carte',
  'tarjeta',
  'carta',
  'cartão',
);

/** Groups as cards print them: 4-4-4-4(-3), 4-6-5, 4-6-4, or none. */
const shape = /(?<![\w.,+-])(?:\d{4}[ .-]\d{4}[ .-]\d{4}[ .-]\d{4}(?:[ .-]\d{3})?|\d{4}[ .-]\d{6}[ .-]\d{4,5}|\d{12,19})(?![\w]|[.,-]\d)/g;

export const card: Recognizer = {
  name: 'card',
  kind: 'card',
  mayHold: (traits) => traits.digitCount >= 12,
  *find(text) {
    for (const match of text.matchAll(shape)) {
      const end = match.index + match[0].length;
      if (isCard(digitsOf(match[0]), () => isNamed(nearby(text, match.index, end).before))) yield { start: match.index, end };
    }
  },
};

function isCard(digits: string, named: () => boolean): boolean {
  if (!luhn(digits) || /^(\d)\1+$/.test(digits)) return false;
  return brands.some((brand) => brand.prefix.test(digits) && brand.lengths.includes(digits.length)) || named();
}

/** The nearest word decides: the order that was paid by card has a number of its own. */
function isNamed(before: string): boolean {
  return lastIndex(before, cardWords) > lastIndex(before, thingWords);
}

const codeWords = '(?:cvv2?|cvc2?|card (?:security|verification) (?:code|number))';

/** The three or four digits on the back, where a word says so. */
export const cardCode: Recognizer = {
  name: 'card code',
  kind: 'card',
  mayHold: (traits) => traits.digitCount >= 3,
  find: (text) => matches(text, new RegExp(`(?<![\\p{L}\\p{N}])${codeWords}(?: is)?[:=# ]{0,3}(\\d{3,4})(?![\\p{L}\\p{N}])`, 'giu')),
};
