/** Check digits of national ids and codes (Luhn and mod 97, which recorders need too, stand in schemas/check-digits.ts). All take digits only, and answer false for an empty string. */

/** Sum of digit × weight over as many digits as there are weights. */
export function weighted(digits: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, index) => sum + weight * Number(digits[index]), 0);
}

/** ISO 7064 mod 11,10 (German tax id, Croatian OIB): the last digit checks the ones before. */
export function mod11and10(digits: string): boolean {
  let product = 10;
  for (const digit of digits.slice(0, -1)) {
    const sum = (Number(digit) + product) % 10;
    product = ((sum === 0 ? 10 : sum) * 2) % 11;
  }
  return digits !== '' && (11 - product) % 10 === Number(digits.at(-1));
}

const dihedral = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
];
const permutation = ['0123456789', '1576283094', '5803796142', '8916043527', '9453126870', '4286573901', '2793806415', '7046913258'];

/** Verhoeff (1969), as in Aadhaar. */
export function verhoeff(digits: string): boolean {
  let check = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    check = Number(dihedral[check]?.[Number(permutation[index % 8]?.[digit])]);
  }
  return digits !== '' && check === 0;
}

/** EAN-13 and kin: weights 1 and 3 from the left for an even number of digits before the check. */
export function ean13(digits: string): boolean {
  const sum = weighted(digits, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]);
  return digits.length === 13 && (10 - (sum % 10)) % 10 === Number(digits[12]);
}

/** A day of the Gregorian calendar; `year` may be two digits (any century with that leap rule will do). */
export function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = year % 4 === 0;
  const lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day <= (lengths[month - 1] ?? 0);
}

/** Bits a character, of the text's own distribution (Shannon). */
export function entropyBits(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
