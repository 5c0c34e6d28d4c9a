/**
 * Text as the recognizers read it: full-width and other decimal digits are ASCII digits, every dash is `-`, every space is ' ', and characters that
 * show nothing (zero-width, soft hyphen, direction marks, byte order mark) are gone. Each index leads back to the original.
 */
export interface PreparedText {
  readonly text: string;
  /** Original index of the character at `index`; `text.length` leads to the original's end. */
  originalIndex(index: number): number;
}

const plain = /^[\n\r\t\x20-\x7e]*$/;
const format = /^\p{Cf}$/u;
/** Shown as nothing although their category is another: joiners, fillers, variation selectors. */
const fillers = new Set([0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x3164, 0xffa0]);
const dash = /^[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]$/;
const space = /^[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]$/;

export function prepareText(original: string): PreparedText {
  if (plain.test(original)) return { text: original, originalIndex: (index) => index };
  const characters: string[] = [];
  const starts: number[] = [];
  let at = 0;
  for (const character of original) {
    const shown = normalize(character);
    for (let unit = 0; unit < shown.length; unit += 1) {
      characters.push(shown.charAt(unit));
      starts.push(at);
    }
    at += character.length;
  }
  starts.push(original.length);
  return { text: characters.join(''), originalIndex: (index) => starts[index] ?? original.length };
}

/** The same character in its plainest form; '' when it shows nothing. Always at most one UTF-16 unit unless it stays as it is. */
function normalize(character: string): string {
  if (character <= '\x7e') return character;
  if (isInvisible(character)) return '';
  if (dash.test(character)) return '-';
  if (space.test(character)) return ' ';
  if (/^\p{Nd}$/u.test(character)) return digitOf(character);
  const folded = character.normalize('NFKC');
  return folded.length === 1 ? folded : character;
}

function isInvisible(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return format.test(character) || fillers.has(code) || (code >= 0xfe00 && code <= 0xfe0f);
}

/** Decimal digits of all scripts come in runs of ten that begin at a multiple Unicode fixes; NFKC knows the full-width ones, the rest is counted. */
function digitOf(character: string): string {
  const folded = character.normalize('NFKC');
  if (/^[0-9]$/.test(folded)) return folded;
  let value = 0;
  let code = (character.codePointAt(0) ?? 0) - 1;
  while (value < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(code))) {
    value += 1;
    code -= 1;
  }
  return String(value % 10);
}
