import { luhn } from '../../../../schemas/check-digits.ts';
import { weighted } from '../checksums.ts';
import { bounded, idContext, type NationalId } from './national-id.ts';

/** SSA: no area 000, 666 or 9xx, no group 00, no serial 0000; and not the numbers of advertisements. */
function ssn(plain: string): boolean {
  return !/^(?:000|666|9)|^...00|0000$/.test(plain) && !['078051120', '219099999', '123456789'].includes(plain) && !/^(\d)\1+$/.test(plain);
}

/** IRS: 9xx with a group of 50–65, 70–88, 90–92, 94–99. */
function itin(plain: string): boolean {
  return /^9\d\d(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])\d{4}$/.test(plain);
}

/** Receita Federal: two check digits mod 11. */
function cpf(plain: string): boolean {
  const check = (count: number): number => {
    const rest =
      (weighted(
        plain.slice(0, count),
        Array.from({ length: count }, (_, index) => count + 1 - index),
      ) *
        10) %
      11;
    return rest === 10 ? 0 : rest;
  };
  return !/^(\d)\1+$/.test(plain) && check(9) === Number(plain[9]) && check(10) === Number(plain[10]);
}

const curpLetters = '0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ';

/** RENAPO: weights 18 to 2 over the letters' values. */
function curp(plain: string): boolean {
  const sum = Array.from(plain.slice(0, 17)).reduce((total, character, index) => total + curpLetters.indexOf(character) * (18 - index), 0);
  return (10 - (sum % 10)) % 10 === Number(plain[17]);
}

/** Servicio de Registro Civil: mod 11 with a K. */
function rut(plain: string): boolean {
  const body = plain.slice(0, -1);
  const sum = Array.from(body)
    .toReversed()
    .reduce((total, digit, index) => total + Number(digit) * (2 + (index % 6)), 0);
  const check = 11 - (sum % 11);
  return plain.at(-1) === (check === 11 ? '0' : check === 10 ? 'K' : String(check));
}

export const americanIds: readonly NationalId[] = [
  { name: 'US SSN', pattern: bounded('\\d{3}([ -])\\d{2}\\1\\d{4}'), valid: ssn },
  { name: 'US SSN', pattern: bounded('\\d{9}'), valid: ssn, context: idContext('ssn#?', 'social security(?: number| no)?') },
  { name: 'US ITIN', pattern: bounded('9\\d\\d([ -])\\d{2}\\1\\d{4}'), valid: itin },
  {
    name: 'US driving licence',
    pattern: bounded('[A-Z]?\\d{6,12}|[A-Z]\\d{3}-\\d{4}-\\d{4}'),
    valid: (plain) => !/^(\d)\1+$/.test(plain),
    context: idContext("driver'?s?'? ?licen[cs]e(?: number| no| #)?", 'driving licen[cs]e(?: number| no)?', 'dl number'),
  },
  { name: 'CA SIN', pattern: bounded('[1-79]\\d{2}([ -]?)\\d{3}\\1\\d{3}'), valid: luhn, context: idContext('sin', 'nas') },
  { name: 'BR CPF', pattern: bounded('\\d{3}\\.\\d{3}\\.\\d{3}-\\d{2}'), valid: cpf },
  { name: 'BR CPF', pattern: bounded('\\d{11}'), valid: cpf, context: idContext('cpf') },
  { name: 'MX CURP', pattern: bounded('[A-Z][AEIOUX][A-Z]{2}\\d{6}[HMX][A-Z]{5}[A-Z\\d]\\d'), valid: curp },
  { name: 'CL RUT', pattern: bounded('\\d{1,2}\\.\\d{3}\\.\\d{3}-[\\dK]'), valid: rut },
  { name: 'CL RUT', pattern: bounded('\\d{7,8}-[\\dK]'), valid: rut, context: idContext('rut', 'run') },
];
