import { errors } from 'cassandra-driver';
import { StepwrightError } from '../../topology/base/errors.ts';

/** Error codes of the CQL binary protocol v4, §9. */
const codes = {
  serverError: 0x0000,
  badCredentials: 0x0100,
  unauthorized: 0x2100,
  invalid: 0x2200,
  alreadyExists: 0x2400,
} as const;

/** Of the protocol: server error, unavailable, overloaded, bootstrapping, truncation, time-outs and failures of writes and reads. They pass. */
const passing: ReadonlySet<number> = new Set([0x0000, 0x1000, 0x1001, 0x1002, 0x1003, 0x1100, 0x1200, 0x1300, 0x1500]);

/** What servers say of a write that is too large: Cassandra of the whole, Cassandra of a key (`is longer than maximum of`), ScyllaDB of either. */
const tooLarge = /too large|maximum (?:allowed )?size|exceeds|longer than maximum/i;

/** Says what an error of the driver or of a server means for the views. What is not known is fatal. */
export function viewError(error: unknown): StepwrightError {
  if (error instanceof StepwrightError) return error;
  if (hasInner(error, isAuthentication)) {
    return new StepwrightError('VIEW_ACCESS_DENIED', 'The Scylla nodes refused the user or the password.', { cause: error });
  }
  if (error instanceof errors.ResponseError) return responseError(error);
  if (isUnreachable(error)) {
    const message = 'No Scylla node answered in time; it is tried again.';
    return new StepwrightError('VIEW_UNAVAILABLE', message, { disposition: 'retry', cause: error });
  }
  return new StepwrightError('VIEW_FAILED', `The views failed: ${textOf(error)}`, { cause: error });
}

function responseError(error: errors.ResponseError): StepwrightError {
  const { code, message } = error;
  if (code === codes.unauthorized) {
    return new StepwrightError('VIEW_ACCESS_DENIED', `The Scylla user may not do this: ${message}`, { cause: error });
  }
  if (code === codes.invalid && tooLarge.test(message)) {
    const text = 'A row, or its key, is larger than the servers take.';
    return new StepwrightError('VIEW_FAILED', text, { disposition: 'dead-letter', cause: error });
  }
  if (passing.has(code)) {
    return new StepwrightError('VIEW_UNAVAILABLE', `The Scylla nodes could not do it now: ${message}`, {
      disposition: 'retry',
      cause: error,
    });
  }
  return new StepwrightError('VIEW_FAILED', `The Scylla nodes refused a request: ${message}`, { cause: error });
}

/** A node does not know a table that another one, or its own schema tables, already have: it passes while a schema spreads. */
export function isTableUnknown(error: unknown): boolean {
  const cause = error instanceof StepwrightError ? error.cause : error;
  if (!(cause instanceof errors.ResponseError)) return false;
  if (cause.code === codes.alreadyExists) return true;
  if (cause.code === codes.invalid) return /does not exist|unconfigured table/i.test(cause.message);
  // Cassandra 5: its schema has the table, its storage not yet.
  return cause.code === codes.serverError && /Unknown CF/.test(cause.message);
}

function isAuthentication(error: unknown): boolean {
  return error instanceof errors.AuthenticationError || (error instanceof errors.ResponseError && error.code === codes.badCredentials);
}

function isUnreachable(error: unknown): boolean {
  if (error instanceof errors.NoHostAvailableError || error instanceof errors.OperationTimedOutError) return true;
  if (error instanceof errors.BusyConnectionError) return true;
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^E[A-Z]+$/.test(error.code);
}

/** Of an error that stands for several, one a node. */
function hasInner(error: unknown, test: (inner: unknown) => boolean): boolean {
  if (test(error)) return true;
  if (!(error instanceof errors.NoHostAvailableError)) return false;
  const inner: unknown = error.innerErrors;
  return typeof inner === 'object' && inner !== null && Object.values(inner).some(test);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
