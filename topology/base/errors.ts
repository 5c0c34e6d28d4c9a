import type { ErrorCode } from './error-codes.ts';

/**
 * What the runtime does about an error:
 * `retry` the same call later; `dead-letter` the record and go on; `drop` it, counted, since it is meant to be gone (its owner deleted it) and nobody
 * should look into it; `rebuild-task` drop the task's memory and rewind (K4); `leave-group` give the task up (K7); `fatal` stop.
 */
export type Disposition = 'retry' | 'dead-letter' | 'drop' | 'rebuild-task' | 'leave-group' | 'fatal';

export interface ErrorDetails {
  readonly disposition?: Disposition;
  readonly cause?: unknown;
  /** Facts for the log: names, sizes, offsets. Never a payload, never a secret. */
  readonly context?: Readonly<Record<string, string | number | bigint | boolean | undefined>>;
}

/** The one error of the platform. Unknown failures of a vendor are `fatal` until its adapter classifies them. */
export class StepwrightError extends Error {
  readonly code: ErrorCode;
  readonly disposition: Disposition;
  readonly context: Readonly<Record<string, string | number | bigint | boolean | undefined>>;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'StepwrightError';
    this.code = code;
    this.disposition = details.disposition ?? 'fatal';
    this.context = details.context ?? {};
  }
}

/** True when `error` is a StepwrightError with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is StepwrightError {
  return error instanceof StepwrightError && codes.includes(error.code);
}
