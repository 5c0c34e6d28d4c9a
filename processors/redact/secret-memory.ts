import { createHash } from 'node:crypto';

/**
 * Secrets of a session that came in as plain text before anyone knew (a field that turned into a password field). Kept as digests bound to the session, so the
 * store does not hold them; looked for as whole words of later texts, words with signs in them included.
 */
export type SecretDigests = readonly string[];

/** Shorter ones would mask ordinary words; what is a label already is none. */
const minSecretLength = 4;
const maxSecretCount = 64;

export function rememberSecret(scope: string, digests: SecretDigests, secret: string): SecretDigests {
  if (secret.length < minSecretLength || /^\[.*\]$/.test(secret)) return digests;
  const digest = digestOf(scope, secret);
  return digests.includes(digest) ? digests : [...digests, digest].slice(-maxSecretCount);
}

/** The text with every remembered secret replaced, and how many there were. */
export function maskSecrets(scope: string, digests: SecretDigests, text: string): { readonly text: string; readonly count: number } {
  if (digests.length === 0) return { text, count: 0 };
  if (digests.includes(digestOf(scope, text))) return { text: '[password]', count: 1 };
  let count = 0;
  const replaced = (word: string): string | undefined => {
    if (word.length < minSecretLength || !digests.includes(digestOf(scope, word))) return undefined;
    count += 1;
    return '[password]';
  };
  // What stands between spaces first: a secret may hold the signs that end a word.
  const masked = text.replace(/\S+/gu, (run) => {
    const [opening, inner, closing] = unwrapped(run);
    const whole = replaced(run) ?? wrapped(opening, replaced(inner), closing);
    return whole ?? run.replace(/[^"'`()<>,;:=/?&#]+/gu, (word) => replaced(word) ?? word);
  });
  return { text: masked, count };
}

/** Quotes, brackets and the signs that end a sentence, apart from what they stand around. */
function unwrapped(run: string): readonly [opening: string, inner: string, closing: string] {
  let start = 0;
  let end = run.length;
  while (start < end && '"\'`(<['.includes(run.charAt(start))) start += 1;
  while (end > start && '"\'`)>].,;:!?'.includes(run.charAt(end - 1))) end -= 1;
  return [run.slice(0, start), run.slice(start, end), run.slice(end)];
}

function wrapped(opening: string, masked: string | undefined, closing: string): string | undefined {
  return masked === undefined ? undefined : opening + masked + closing;
}

function digestOf(scope: string, secret: string): string {
  return createHash('sha256').update(`${scope}\n${secret}`).digest('base64url').slice(0, 22);
}
