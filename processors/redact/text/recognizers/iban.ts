import { mod97 } from '../../../../schemas/check-digits.ts';
import { nearby, words } from '../context.ts';
import type { Recognizer, Span } from '../recognizer.ts';

/** Length by country, SWIFT IBAN registry release 99. */
const lengths = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 ' +
    'GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 ' +
    'PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

const head = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ -]?[A-Za-z0-9])/g;

const accountWords = words(
  'iban',
  'account',
  'bank',
  'transfer',
  'wire',
  'konto',
  'überweisung',
  'compte',
  'virement',
  'cuenta',
  'transferencia',
  'conto',
  'rekening',
);

/** In one piece, where a word says what it is: of a country that joined later, or one digit short of its length as test data are. */
const namedShape = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}[A-Z0-9]{8,30}(?![A-Za-z0-9])/g;

/** Country, its length, mod 97; printed in one piece or in groups. */
export const iban: Recognizer = {
  name: 'IBAN',
  kind: 'iban',
  mayHold: (traits) => traits.digitCount >= 8,
  *find(text) {
    for (const match of text.matchAll(head)) {
      const length = lengths.get(match[0].slice(0, 2).toUpperCase());
      const span = length === undefined ? undefined : take(text, match.index, length);
      if (span !== undefined && isIban(text.slice(span.start, span.end))) yield span;
    }
    for (const match of text.matchAll(namedShape)) {
      const end = match.index + match[0].length;
      if (isIban(match[0]) && accountWords.test(nearby(text, match.index, end).before)) yield { start: match.index, end };
    }
  },
};

/** `count` letters and digits from `start`, with at most one space or hyphen between two; undefined when more follow at once. */
function take(text: string, start: number, count: number): Span | undefined {
  let taken = 0;
  let end = start;
  while (taken < count) {
    const character = text[end] ?? '';
    if (/[A-Za-z0-9]/.test(character)) taken += 1;
    else if (!/[ -]/.test(character) || !/[A-Za-z0-9]/.test(text[end - 1] ?? '')) return undefined;
    end += 1;
  }
  return /[A-Za-z0-9]/.test(text[end] ?? '') ? undefined : { start, end };
}

function isIban(text: string): boolean {
  const plain = text.replace(/[ -]/g, '');
  return mod97(plain.slice(4) + plain.slice(0, 4)) === 1;
}
