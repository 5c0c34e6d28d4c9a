import { StepwrightError } from '../../topology/base/errors.ts';

/** Answers undefined when the work throws because its session was deleted (disposition `drop`); any other error passes. */
export function unlessVoid<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof StepwrightError && error.disposition === 'drop') return undefined;
    throw error;
  }
}
