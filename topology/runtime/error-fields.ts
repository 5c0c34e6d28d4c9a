import { StepwrightError } from '../base/errors.ts';
import type { LogFields } from '../base/logger.ts';

/** What may be logged of any error: the message of an unknown one may quote a payload, so only its class and frames are told. */
export function errorFields(error: unknown): LogFields {
  if (error instanceof StepwrightError)
    return { code: error.code, disposition: error.disposition, reason: error.message, ...error.context, frames: framesOf(error) };
  if (error instanceof Error) return { errorName: error.name, frames: framesOf(error) };
  return { errorName: typeof error };
}

function framesOf(error: Error): readonly string[] {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .map((line) => line.trim())
    .slice(0, 12);
}
