import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * A key reads `sw_<id>_<secret>`: 8 hex digits that name it and 256 random bits. Only SHA-256 of the secret is kept: a slow hash protects
 * guessable passwords, and 256 random bits cannot be guessed.
 */
export interface ParsedKey {
  readonly keyId: string;
  readonly secretSha256: Buffer;
}

const keyPattern = /^sw_([0-9a-f]{8})_([A-Za-z0-9_-]{43})$/;

/** `undefined` when the text has not the shape of a key. */
export function parseApiKey(text: string): ParsedKey | undefined {
  const match = keyPattern.exec(text);
  const [, keyId, secret] = match ?? [];
  if (keyId === undefined || secret === undefined) return undefined;
  return { keyId, secretSha256: sha256(secret) };
}

/** Makes a new key of 36 random bytes; `text` is shown once and kept nowhere. */
export function mintApiKey(randomBytes: (count: number) => Buffer): ParsedKey & { readonly text: string } {
  const keyId = randomBytes(4).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  return { keyId, secretSha256: sha256(secret), text: `sw_${keyId}_${secret}` };
}

/** Constant time in the contents. */
export function sameDigest(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
