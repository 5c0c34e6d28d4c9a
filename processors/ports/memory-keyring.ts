import { createHash, randomBytes } from 'node:crypto';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { Keyring } from './keyring.ts';
import { nameKeyOf } from './name-key.ts';

/**
 * The Keyring without a disk, for tests and the topology test driver. With a `seed` the keys are a function of seed and scope, so that two runs
 * name their images alike (T1); without one they are random.
 */
export function createMemoryKeyring(seed?: string): Keyring {
  const keys = new Map<string, Buffer | 'gone'>();
  const mint = (scope: string): Buffer => (seed === undefined ? randomBytes(32) : createHash('sha256').update(`${seed}/${scope}`).digest());
  const keyFor = (scope: string): Buffer => {
    const key = keys.get(scope) ?? mint(scope);
    if (key === 'gone') throw keyGone(scope);
    keys.set(scope, key);
    return key;
  };
  return {
    keyFor,
    peek: (scope) => keys.get(scope),
    destroy: async (scope) => {
      const had = Buffer.isBuffer(keys.get(scope));
      keys.set(scope, 'gone');
      return had;
    },
    hmacKeyFor: (scope) => nameKeyOf(keyFor(scope)),
  };
}

/** What every Keyring throws for a destroyed key. */
export function keyGone(scope: string): StepwrightError {
  return new StepwrightError('SEAL_KEY_GONE', `the recording ${scope} was deleted: its key is destroyed and is never made again`, {
    disposition: 'drop',
    context: { scope },
  });
}
