import type { ErrorCode } from '../../topology/base/error-codes.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { Disposition } from '../../topology/base/errors.ts';

interface Classified {
  readonly code: ErrorCode;
  readonly disposition: Disposition;
  readonly advice: string;
}

const full: Classified = {
  code: 'STATE_DISK_FULL',
  disposition: 'retry',
  advice: 'the disk is full; free some space, nothing in memory is lost and the write is tried again',
};
const locked: Classified = {
  code: 'STATE_LOCKED',
  disposition: 'fatal',
  advice: 'it is open in another place; stop that process or task first',
};
const corrupt: Classified = {
  code: 'STATE_CORRUPT',
  disposition: 'rebuild-task',
  advice: 'its files are damaged; the task wipes it and restores from the changelogs',
};
const unknown: Classified = {
  code: 'STATE_IO_FAILED',
  disposition: 'fatal',
  advice: 'it failed in a way that is not known to be damage, so nothing is wiped; see the cause',
};
const closed: Classified = { code: 'STATE_CLOSED', disposition: 'fatal', advice: 'it was used after it was closed' };

/**
 * The binding's errors as the platform's. It gives codes for some, RocksDB's status text for the rest; what neither names is
 * `STATE_IO_FAILED` and fatal, so that nothing is wiped because of an error nobody understood (K5).
 */
export function classifyRocksError(error: unknown, directory: string): StepwrightError {
  if (error instanceof StepwrightError) return error;
  const { code, disposition, advice } = classify(error);
  return new StepwrightError(code, `State directory ${directory}: ${advice}.`, { disposition, cause: error, context: { directory } });
}

function classify(error: unknown): Classified {
  const text = textOf(error);
  if (/No space left on device|Disk quota exceeded|File too large/.test(text)) return full;
  if (/LEVEL_LOCKED|While lock file|lock hold by current process/i.test(text)) return locked;
  if (/LEVEL_CORRUPTION|Corruption:/.test(text)) return corrupt;
  if (/No such file or directory/.test(text))
    return { ...corrupt, advice: 'a file of it is missing; the task wipes it and restores from the changelogs' };
  // After the others: a database that fails to open says this too, with the reason as its cause.
  if (/LEVEL_DATABASE_NOT_OPEN/.test(text)) return closed;
  return unknown;
}

/** Codes and messages of the error and its causes: abstract-level wraps what `open` met. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return `${code} ${error.message} ${error.cause === undefined ? '' : textOf(error.cause)}`;
}
