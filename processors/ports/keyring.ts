/**
 * Keys of sessions, wrapped under the tenant's key. Destroying one leaves a tombstone: the key is never minted again, reads say gone (410).
 * Synchronous: adapters keep hot keys in memory. A scope is `tenantId/sessionId`. Adapters pass `keyring-contract.ts`.
 */
export interface Keyring {
  /** The 32-byte data key, minted on first use and durable when this returns. @throws {SEAL_KEY_GONE} when it was destroyed. */
  keyFor(scope: string): Buffer;
  /** Without minting. */
  peek(scope: string): Buffer | 'gone' | undefined;
  /** Durable when it resolves. Answers false when there was no key; the tombstone is left either way. */
  destroy(scope: string): Promise<boolean>;
  /** A key of the scope for names (HMAC of derivative keys); survives as long as the data key. @throws {SEAL_KEY_GONE} */
  hmacKeyFor(scope: string): Buffer;
}
