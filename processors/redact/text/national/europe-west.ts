import { ean13, isDay, mod11and10, weighted } from '../checksums.ts';
import { bounded, idContext, type NationalId } from './national-id.ts';

/** DNI: number mod 23 picks the letter; NIE puts X, Y, Z for 0, 1, 2 in front. */
function dni(plain: string): boolean {
  const number = plain.slice(0, -1).replace('X', '0').replace('Y', '1').replace('Z', '2');
  return 'TRWAGMYFPDXBNJZSQVHLCKE'[Number(number) % 23] === plain.at(-1);
}

const oddValues = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

/** Codice fiscale (DM 23/12/1976): odd places by table, even ones by value, mod 26. Letters for digits (omocodia) count as themselves. */
function codiceFiscale(plain: string): boolean {
  const valueOf = (character: string): number => (/\d/.test(character) ? Number(character) : character.charCodeAt(0) - 65);
  const sum = Array.from(plain.slice(0, 15)).reduce(
    (total, character, index) => total + (index % 2 === 0 ? (oddValues[valueOf(character)] ?? 0) : valueOf(character)),
    0,
  );
  return String.fromCharCode(65 + (sum % 26)) === plain[15];
}

/** NIR: 97 − number mod 97; Corsica's 2A and 2B count as 19 and 18. */
function nir(plain: string): boolean {
  const number = plain.slice(0, 13).replace('2A', '19').replace('2B', '18');
  return 97 - Number(BigInt(number) % 97n) === Number(plain.slice(13));
}

/** BSN: the eleven test. */
function bsn(plain: string): boolean {
  return Number(plain) > 0 && weighted(plain, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0;
}

/** HMRC: letters D F I Q U V and O (second) are not used, nor some pairs; suffix A to D. */
function nino(plain: string): boolean {
  return /^(?!BG|GB|KN|NK|NT|TN|ZZ)[ABCEGHJ-PRSTW-Z][ABCEGHJ-NPRSTW-Z]\d{6}[A-D]$/.test(plain);
}

/** NHS number: mod 11. */
function nhs(plain: string): boolean {
  const check = 11 - (weighted(plain, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11);
  return (check === 11 ? 0 : check) === Number(plain[9]) && !/^(\d)\1+$/.test(plain);
}

/** Steuer-ID: no leading 0, exactly one digit two or three times among the first ten, mod 11,10. */
function steuerId(plain: string): boolean {
  const counts = Array.from('0123456789').map((digit) => plain.slice(0, 10).split(digit).length - 1);
  const repeated = counts.filter((count) => count > 1);
  return !plain.startsWith('0') && repeated.length === 1 && (repeated[0] ?? 0) <= 3 && mod11and10(plain);
}

/** Rijksregisternummer: 97 − number mod 97, with a 2 in front for those born since 2000. */
function rijksregister(plain: string): boolean {
  const [body, check] = [plain.slice(0, 9), Number(plain.slice(9))];
  return 97 - (Number(body) % 97) === check || 97 - (Number(`2${body}`) % 97) === check;
}

/** SVNR: weights 3 7 9 – 5 8 4 2 1 6 mod 11 on the fourth place. */
function svnr(plain: string): boolean {
  const sum = weighted(plain, [3, 7, 9, 0, 5, 8, 4, 2, 1, 6]);
  return sum % 11 === Number(plain[3]) && isDay(Number(plain.slice(8)), Number(plain.slice(6, 8)), Number(plain.slice(4, 6)));
}

/** NIF: mod 11. */
function nif(plain: string): boolean {
  const check = 11 - (weighted(plain, [9, 8, 7, 6, 5, 4, 3, 2]) % 11);
  return (check > 9 ? 0 : check) === Number(plain[8]);
}

/** PPSN: mod 23 picks the letter; a second letter counts nine times. */
function ppsn(plain: string): boolean {
  const second = plain[8] === undefined || plain[8] === 'W' ? 0 : plain.charCodeAt(8) - 64;
  return 'WABCDEFGHIJKLMNOPQRSTUV'[(weighted(plain, [8, 7, 6, 5, 4, 3, 2]) + 9 * second) % 23] === plain[7];
}

export const westEuropeanIds: readonly NationalId[] = [
  { name: 'ES DNI', pattern: bounded('\\d{8}[ -]?[A-HJ-NP-TV-Z]'), valid: dni },
  { name: 'ES DNI', pattern: bounded('\\d{2}\\.\\d{3}\\.\\d{3}[ -]?[A-HJ-NP-TV-Z]'), valid: dni },
  { name: 'ES NIE', pattern: bounded('[XYZ][ -]?\\d{7}[ -]?[A-HJ-NP-TV-Z]'), valid: dni },
  {
    name: 'IT codice fiscale',
    pattern: bounded('[A-Z]{6} ?[\\dLMNP-V]{2} ?[ABCDEHLMPRST] ?[\\dLMNP-V]{2} ?[A-Z][\\dLMNP-V]{3} ?[A-Z]'),
    valid: codiceFiscale,
  },
  { name: 'FR NIR', pattern: bounded('[12] ?\\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\\d) ?(?:\\d{2}|2[AB]) ?\\d{3} ?\\d{3} ?\\d{2}'), valid: nir },
  {
    name: 'NL BSN',
    pattern: bounded('\\d{9}|\\d{4}\\.\\d{2}\\.\\d{3}'),
    valid: bsn,
    context: idContext('bsn', 'burgerservicenummer', 'sofinummer'),
  },
  { name: 'UK NINO', pattern: bounded('[A-Z]{2}([ -]?)\\d{2}\\1\\d{2}\\1\\d{2}\\1[A-D]'), valid: nino },
  { name: 'UK NHS number', pattern: bounded('\\d{3}([ -]?)\\d{3}\\1\\d{4}'), valid: nhs, context: idContext('nhs(?: number| no)?') },
  {
    name: 'DE Steuer-ID',
    pattern: bounded('\\d{2} ?\\d{3} ?\\d{3} ?\\d{3}'),
    valid: steuerId,
    context: idContext(
      'steuer-?id(?:ent(?:ifikations)?nummer)?',
      'idnr',
      'tin',
      'steuerliche identifikationsnummer',
      'steuernummer',
      'steuer-identifikationsnummer',
    ),
  },
  { name: 'BE rijksregisternummer', pattern: bounded('\\d{2}\\.\\d{2}\\.\\d{2}-\\d{3}\\.\\d{2}'), valid: rijksregister },
  {
    name: 'BE rijksregisternummer',
    pattern: bounded('\\d{11}'),
    valid: rijksregister,
    context: idContext('rijksregisternummer', 'rrn', 'niss', 'insz', 'numéro national'),
  },
  { name: 'CH AHV', pattern: bounded('756\\.\\d{4}\\.\\d{4}\\.\\d{2}|756\\d{10}'), valid: ean13 },
  {
    name: 'AT SVNR',
    pattern: bounded('\\d{4} ?\\d{6}'),
    valid: svnr,
    context: idContext('svnr', 'sozialversicherungsnummer', 'sv-nummer', 'versicherungsnummer'),
  },
  { name: 'PT NIF', pattern: bounded('[1-35689]\\d{2} ?\\d{3} ?\\d{3}'), valid: nif, context: idContext('nif', 'contribuinte') },
  { name: 'IE PPSN', pattern: bounded('\\d{7}[A-W][A-IW]?'), valid: ppsn },
];
