import { matches, type Recognizer } from '../recognizer.ts';

/** Local part, `@` (or `%40` in a query), labels, a top-level domain of letters. International names included. */
const address =
  /(?<![\p{L}\p{N}._%+'-])[\p{L}\p{N}_+](?:[\p{L}\p{N}._%+'-]{0,62}[\p{L}\p{N}_+-])?(?:@|%40)(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}(?:xn--[a-z0-9-]{2,40}|\p{L}{2,24})(?![\p{L}\p{N}]|-\p{L}|@)/giu;

/** `icon@2x.png`: a file, not an address; `cv of ann@example.com.pdf` holds one. */
const fileEndings = /@[^.]+\.(?:png|jpe?g|gif|svg|webp|avif|ico|css|js|mjs|ts|json|html?|pdf|zip|mp4)$/i;

export const email: Recognizer = {
  name: 'e-mail',
  kind: 'e-mail',
  mayHold: (traits) => traits.hasAt,
  find: (text) => matches(text, address, (match) => isAddress(match[0], text, match.index)),
};

function isAddress(found: string, text: string, start: number): boolean {
  if (fileEndings.test(found)) return false;
  // user@host of a URL is the business of the connection strings
  if (/[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/?#@]{0,256}$/i.test(text.slice(Math.max(0, start - 300), start))) return false;
  // git@host:owner/repo is a place to clone from
  return !/^git(?:@|%40)/i.test(found) || !/^[:/][\w~]/.test(text.slice(start + found.length));
}
