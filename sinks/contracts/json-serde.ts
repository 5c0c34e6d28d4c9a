import type { Serde } from '../../schemas/serde.ts';
import { StepwrightError } from '../../topology/base/errors.ts';

/** JSON for tests; refuses other bytes with the code that real serdes use. */
export function jsonSerde<T>(): Serde<T> {
  return {
    serialize: (value) => Buffer.from(JSON.stringify(value)),
    deserialize: (bytes) => {
      try {
        const value: T = JSON.parse(bytes.toString());
        return value;
      } catch (cause) {
        throw new StepwrightError('SERDE_FAILED', 'Not JSON.', { disposition: 'dead-letter', cause });
      }
    },
  };
}
