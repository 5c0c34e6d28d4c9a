import { luhn } from '../../../../schemas/check-digits.ts';
import { isDay, mod11and10, weighted } from '../checksums.ts';
import { bounded, idContext, type NationalId } from './national-id.ts';

/** Whether `YYMMDD…` begins with a day, `offset` taken from the month (centuries and sexes are coded there in some countries). */
function bornOn(plain: string, monthOffsets: readonly number[] = [0], dayOffset = 0): boolean {
  const [year, month, day] = [0, 2, 4].map((from) => Number(plain.slice(from, from + 2)));
  return monthOffsets.some((offset) => isDay(year ?? 0, (month ?? 0) - offset, (day ?? 0) - dayOffset));
}

/** Whether `DDMMYY…` begins with a day. */
function bornOnReversed(plain: string, dayOffset = 0): boolean {
  return isDay(Number(plain.slice(4, 6)), Number(plain.slice(2, 4)), Number(plain.slice(0, 2)) - dayOffset);
}

/** PESEL: weights 1 3 7 9; the century is in the month (80 for 18xx, 20 for 20xx; nobody is born later yet). */
function pesel(plain: string): boolean {
  const check = (10 - (weighted(plain, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10;
  return check === Number(plain[10]) && bornOn(plain, [0, 20, 80]);
}

/** Personnummer, samordningsnummer (day + 60): Luhn over the last ten digits. */
function personnummer(plain: string): boolean {
  const ten = plain.replace('+', '').slice(-10);
  return luhn(ten) && (bornOn(ten) || bornOn(ten, [0], 60));
}

/** Henkilötunnus: number mod 31 picks the sign. */
function hetu(plain: string): boolean {
  const digits = plain.replace(/[^0-9]/g, '').slice(0, 9);
  return bornOnReversed(plain) && '0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(digits) % 31] === plain.at(-1);
}

/** Fødselsnummer: two check digits mod 11; D-numbers add 40 to the day. */
function fodselsnummer(plain: string): boolean {
  const first = 11 - (weighted(plain, [3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11);
  const second = 11 - (weighted(plain, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11);
  return first % 11 === Number(plain[9]) && second % 11 === Number(plain[10]) && (bornOnReversed(plain) || bornOnReversed(plain, 40));
}

/** Rodné číslo (ten digits): divisible by 11; women have the month + 50. */
function rodneCislo(plain: string): boolean {
  return Number(plain) % 11 === 0 && bornOn(plain, [0, 20, 50, 70]);
}

/** CNP: weights 279146358279 mod 11. */
function cnp(plain: string): boolean {
  const rest = weighted(plain, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
  return (rest === 10 ? 1 : rest) === Number(plain[12]) && bornOn(plain.slice(1));
}

/** EGN: weights mod 11; 20 or 40 on the month for the century. */
function egn(plain: string): boolean {
  const rest = weighted(plain, [2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11;
  return (rest === 10 ? 0 : rest) === Number(plain[9]) && bornOn(plain, [0, 20, 40]);
}

/** Isikukood and asmens kodas: two rounds mod 11. */
function isikukood(plain: string): boolean {
  const first = weighted(plain, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
  const second = weighted(plain, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11;
  return (first < 10 ? first : second % 10) === Number(plain[10]) && bornOn(plain.slice(1));
}

export const northEastEuropeanIds: readonly NationalId[] = [
  { name: 'PL PESEL', pattern: bounded('\\d{11}'), valid: pesel },
  { name: 'SE personnummer', pattern: bounded('(?:19|20)?\\d{6}[+-]\\d{4}'), valid: personnummer },
  {
    name: 'SE personnummer',
    pattern: bounded('(?:19|20)?\\d{10}'),
    valid: personnummer,
    context: idContext('personnummer', 'personnr', 'samordningsnummer'),
  },
  { name: 'FI henkilötunnus', pattern: bounded('\\d{6}[+A-FU-Y-]\\d{3}[0-9A-FHJ-NPR-Y]'), valid: hetu },
  { name: 'NO fødselsnummer', pattern: bounded('\\d{6} ?\\d{5}'), valid: fodselsnummer },
  {
    name: 'DK CPR',
    pattern: bounded('\\d{6}-?\\d{4}'),
    valid: (plain) => bornOnReversed(plain),
    context: idContext('cpr(?:-?nummer| no)?', 'personnummer'),
  },
  { name: 'CZ/SK rodné číslo', pattern: bounded('\\d{6}/\\d{4}'), valid: rodneCislo },
  { name: 'RO CNP', pattern: bounded('[1-8]\\d{12}'), valid: cnp, context: idContext('cnp', 'cod numeric personal') },
  { name: 'HR OIB', pattern: bounded('\\d{11}'), valid: mod11and10, context: idContext('oib') },
  { name: 'BG EGN', pattern: bounded('\\d{10}'), valid: egn, context: idContext('egn', 'егн') },
  { name: 'EE/LT code', pattern: bounded('[1-6]\\d{10}'), valid: isikukood, context: idContext('isikukood', 'asmens kodas') },
];
