import { randomInt } from 'node:crypto';

const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789+/%';
const canaryChars = 24;

/** 24 random characters that stand nowhere by chance; some of them look different in a URL. */
export function makeCanary(): string {
  const body = Array.from({ length: canaryChars - 3 }, () => letters[randomInt(letters.length)]).join('');
  return `${body.slice(0, 10)}+/%${body.slice(10)}`;
}

/** One way in which a text may stand in bytes. */
export interface Disguise {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Everything that a text is likely to be written as. Base64 has three phases: what stays the same whatever stands before and after it is searched. */
export function disguisesOf(text: string): readonly Disguise[] {
  const utf8 = Buffer.from(text);
  const reversed = Array.from(text).reverse().join('');
  const ways: readonly (readonly [string, string | Buffer])[] = [
    ['utf-8', text],
    ['utf-16le', Buffer.from(text, 'utf16le')],
    ['utf-16be', Buffer.from(text, 'utf16le').swap16()],
    ['hex', utf8.toString('hex')],
    ['HEX', utf8.toString('hex').toUpperCase()],
    ['url', encodeURIComponent(text)],
    ['form', new URLSearchParams({ a: text }).toString().slice(2)],
    ['reversed', reversed],
    ['lower', text.toLowerCase()],
    ['first half', text.slice(0, 12)],
    ['last half', text.slice(-12)],
    ...phases(utf8),
  ];
  const seen = new Map(ways.map(([name, way]) => [String(way), { name, bytes: Buffer.from(way) }]));
  return [...seen.values()];
}

function phases(utf8: Buffer): readonly (readonly [string, string])[] {
  return [0, 1, 2].flatMap((phase) => {
    const padded = Buffer.concat([Buffer.alloc(phase), utf8])
      .toString('base64')
      .replaceAll('=', '');
    // The first and last characters hold bits of their neighbours.
    const inner = padded.slice(phase === 0 ? 0 : 4, -2);
    const url = inner.replaceAll('+', '-').replaceAll('/', '_');
    return [[`base64 phase ${phase}`, inner] as const, [`base64url phase ${phase}`, url] as const];
  });
}

/** Runs of `count` characters of the text that stand in `typed`: what a list of single keys gives away. */
export function runsIn(typed: string, text: string, count = 4): number {
  const runs = Array.from({ length: text.length - count + 1 }, (_, at) => text.slice(at, at + count));
  return runs.filter((run) => typed.includes(run)).length;
}

/** The characters of every key event in JSON text, in order. */
export function keysInJson(json: string): string {
  return Array.from(json.matchAll(/"(?:key|k|code)"\s*:\s*"(?:Key|Digit)?(.)"/g), ([, key]) => key).join('');
}
