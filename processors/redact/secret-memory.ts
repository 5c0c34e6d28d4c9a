import { createHash } from 'node:crypto';

/**
 * Secrets of a session that came in as plain text before anyone knew (a field that turned into a password field). Kept as digests bound to the session, so the
 * store does not hold them; looked for as whole words of later texts.
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
  const masked = text.replace(/[^\s"'`()<>,;:=/?&#]+/gu, (word) => {
    if (word.length < minSecretLength || !digests.includes(digestOf(scope, word))) return word;
    count += 1;
    return '[password]';
  });
  return { text: masked, count };
}

function digestOf(scope: string, secret: string): string {
  return createHash('sha256').update(`${scope}\n${secret}`).digest('base64url').slice(0, 22);
}
