import { StepwrightError } from '../base/errors.ts';
import type { RecordSource } from '../builder/processor.ts';

/** What happened to one record. */
export interface RecordFailure {
  readonly taskId: string;
  readonly nodeName: string;
  readonly source: RecordSource;
  readonly error: unknown;
}

/**
 * Asked what to do about a record that failed: `dead-letter` it by reference and go on, `drop` it counted, or `fail` the task, which is then
 * rebuilt with back-off (K4). A handler decides by the failure alone, so that a replay decides the same (T1).
 */
export interface ErrorHandlers {
  /** Bytes that are no key or value. Default: dead-letter, unless the error says that they are void or asks for a retry or a rebuild. */
  deserialization(failure: RecordFailure): FailureAction;
  /** A processor that threw, or a mapAsync call that was rejected. Default: what the error's disposition says; unknown errors fail the task. */
  processing(failure: RecordFailure): FailureAction;
  /** An output that cannot be serialized or is too large for the log. Default: dead-letter. */
  production(failure: RecordFailure): FailureAction;
}

export type FailureAction = 'dead-letter' | 'drop' | 'fail';

export const defaultErrorHandlers: ErrorHandlers = {
  deserialization: ({ error }) => lenient(error),
  processing: ({ error }) => {
    if (isVoid(error)) return 'drop';
    return error instanceof StepwrightError && error.disposition === 'dead-letter' ? 'dead-letter' : 'fail';
  },
  production: ({ error }) => lenient(error),
};

function lenient(error: unknown): FailureAction {
  if (isVoid(error)) return 'drop';
  return asksForRebuild(error) ? 'fail' : 'dead-letter';
}

/** What belongs to something that was deleted on purpose: a letter for each of its records would only bury the others. */
export function isVoid(error: unknown): boolean {
  return error instanceof StepwrightError && error.disposition === 'drop';
}

function asksForRebuild(error: unknown): boolean {
  return (
    error instanceof StepwrightError &&
    (error.disposition === 'retry' || error.disposition === 'rebuild-task' || error.disposition === 'leave-group')
  );
}
