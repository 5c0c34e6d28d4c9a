import { createHash } from 'node:crypto';
import type { Keyring } from '../../processors/ports/keyring.ts';
import { StepwrightError } from '../../topology/base/errors.ts';

/** A keyring for tests: keys are hashes of the scope, so runs repeat. */
export function createMemoryKeyring(): Keyring {
  const minted = new Set<string>();
  const gone = new Set<string>();
  const derive = (purpose: string, scope: string): Buffer => createHash('sha256').update(`${purpose}:${scope}`).digest();
  return {
    keyFor(scope) {
      if (gone.has(scope)) throw new StepwrightError('SEAL_KEY_GONE', 'The key was destroyed.', { disposition: 'dead-letter' });
      minted.add(scope);
      return derive('seal', scope);
    },
    peek: (scope) => (gone.has(scope) ? 'gone' : minted.has(scope) ? derive('seal', scope) : undefined),
    async destroy(scope) {
      gone.add(scope);
      return minted.delete(scope);
    },
    hmacKeyFor: (scope) => derive('hmac', scope),
  };
}
