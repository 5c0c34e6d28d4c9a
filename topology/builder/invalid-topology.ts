import { StepwrightError } from '../base/errors.ts';

/** A declaration that cannot be built: the message names the node and says what to change. */
export function invalidTopology(message: string): StepwrightError {
  return new StepwrightError('TOPOLOGY_INVALID', message);
}
