import { mintApiKey, parseApiKey, sameDigest } from './api-key.ts';
import type { Principal } from './principal.ts';

/** Tokens of one run of the process, for the person in front of it: nothing of them is kept, so they end with the process. */
export interface SessionTokens {
  /** Text of a new token for the principal; the shape of an API key. */
  mint(principal: Omit<Principal, 'keyId'>): string;
  verify(text: string): Principal | undefined;
}

/** Tokens in memory, hashed like keys. */
export function createSessionTokens(randomBytes: (count: number) => Buffer): SessionTokens {
  const tokens = new Map<string, { readonly principal: Principal; readonly secretSha256: Buffer }>();
  return {
    mint(principal) {
      const { keyId, secretSha256, text } = mintApiKey(randomBytes);
      tokens.set(keyId, { principal: { ...principal, keyId }, secretSha256 });
      return text;
    },
    verify(text) {
      const parsed = parseApiKey(text);
      const token = parsed && tokens.get(parsed.keyId);
      return parsed && token && sameDigest(token.secretSha256, parsed.secretSha256) ? token.principal : undefined;
    },
  };
}
