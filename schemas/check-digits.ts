/**
 * The check digits that the recorder (which masks pictures) and the platform (which redacts texts) must agree on. Pure and small: they are bundled into the
 * script that runs in a page.
 */

/** ISO/IEC 7812-1, as on payment cards. Takes digits only; false for an empty string. */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return digits !== '' && sum % 10 === 0;
}

/** ISO 7064 mod 97-10: letters count 10 to 35. Takes digits and letters only; an IBAN whose first four characters were moved to its end leaves 1. */
export function mod97(text: string): number {
  let remainder = 0;
  for (const character of text) {
    for (const digit of String(Number.parseInt(character, 36))) remainder = (remainder * 10 + Number(digit)) % 97;
  }
  return remainder;
}
