import { luhn } from '../../../../schemas/check-digits.ts';
import { isDay, verhoeff, weighted } from '../checksums.ts';
import { bounded, idContext, type NationalId } from './national-id.ts';

/** UIDAI: twelve digits, the first 2 to 9, Verhoeff. */
function aadhaar(plain: string): boolean {
  return /^[2-9]/.test(plain) && verhoeff(plain) && !/^(\d)\1+$/.test(plain);
}

/** GB 11643: ISO 7064 mod 11-2, with a birthday in the middle. */
function residentId(plain: string): boolean {
  const sum = weighted(plain, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
  const born = isDay(Number(plain.slice(6, 10)), Number(plain.slice(10, 12)), Number(plain.slice(12, 14)));
  return '10X98765432'[sum % 11] === plain[17] && born && /^(?:19|20)$/.test(plain.slice(6, 8));
}

/** RRN (numbers given before October 2020 carry the check digit). */
function koreanRrn(plain: string): boolean {
  const check = (11 - (weighted(plain, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11)) % 10;
  return check === Number(plain[12]) && isDay(Number(plain.slice(0, 2)), Number(plain.slice(2, 4)), Number(plain.slice(4, 6)));
}

/** NRIC and FIN: weights mod 11 pick the letter. */
function nric(plain: string): boolean {
  const offset = { S: 0, T: 4, F: 0, G: 4, M: 3 }[plain[0] ?? ''] ?? 0;
  const rest = (weighted(plain.slice(1), [2, 7, 6, 5, 4, 3, 2]) + offset) % 11;
  const letters = /^[ST]/.test(plain) ? 'JZIHGFEDCBA' : plain.startsWith('M') ? 'XWUTRQPNJLK' : 'XWUTRQPNMLK';
  return letters[rest] === plain[8];
}

/** TCKN: two check digits. */
function tckn(plain: string): boolean {
  const digits = Array.from(plain, Number);
  const sum = (from: number, to: number, step: number): number =>
    digits.filter((_, index) => index >= from && index <= to && (index - from) % step === 0).reduce((a, b) => a + b, 0);
  const tenth = (((sum(0, 8, 2) * 7 - sum(1, 7, 2)) % 10) + 10) % 10;
  return tenth === digits[9] && sum(0, 9, 1) % 10 === digits[10];
}

/** Teudat zehut: Luhn from the left over nine digits, which is Luhn. */
const teudatZehut = luhn;

/** South African id: a birthday, citizenship 0 or 1, Luhn. */
function southAfrican(plain: string): boolean {
  const born = isDay(Number(plain.slice(0, 2)), Number(plain.slice(2, 4)), Number(plain.slice(4, 6)));
  return born && /[01]/.test(plain[10] ?? '') && luhn(plain);
}

/** TFN: weights mod 11. */
function tfn(plain: string): boolean {
  return weighted(plain, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0;
}

export const asianAndAfricanIds: readonly NationalId[] = [
  { name: 'IN Aadhaar', pattern: bounded('\\d{4}([ -])\\d{4}\\1\\d{4}'), valid: aadhaar },
  { name: 'IN Aadhaar', pattern: bounded('\\d{12}'), valid: aadhaar, context: idContext('aadhaar', 'aadhar', 'uidai', 'uid') },
  {
    name: 'IN PAN',
    pattern: bounded('[A-Z]{3}[ABCFGHLJPT][A-Z]\\d{4}[A-Z]'),
    valid: () => true,
    context: idContext('pan', 'pan card', 'permanent account'),
  },
  { name: 'CN resident id', pattern: bounded('[1-9]\\d{16}[\\dX]'), valid: residentId },
  { name: 'KR RRN', pattern: bounded('\\d{6}-[1-8]\\d{6}'), valid: koreanRrn },
  { name: 'SG NRIC', pattern: bounded('[STFGM]\\d{7}[A-Z]'), valid: nric },
  {
    name: 'TR kimlik no',
    pattern: bounded('[1-9]\\d{10}'),
    valid: tckn,
    context: idContext('t\\.?c\\.?(?: kimlik)?(?: no)?', 'tckn', 'kimlik'),
  },
  { name: 'IL id', pattern: bounded('\\d{9}'), valid: teudatZehut, context: idContext('teudat zehut', 'תעודת זהות', 'ת"ז') },
  { name: 'ZA id', pattern: bounded('\\d{13}'), valid: southAfrican, context: idContext('sa id', 'rsa id', 'south african id', 'id') },
  { name: 'AU TFN', pattern: bounded('\\d{3} ?\\d{3} ?\\d{3}'), valid: tfn, context: idContext('tfn') },
];
