import { StepwrightError } from '../../base/errors.ts';

const diskFullWords = /no space left on device|disk quota exceeded|file too large/i;
const damageWords = /no such file or directory|corruption|checksum mismatch|bad table magic/i;

/**
 * A binding's failure as the error a caller can act on. What is not known to be damage is LOG_IO_FAILED: nobody is advised to move a sound log
 * away because of an error that nobody understood.
 */
export function classifyRocksError(error: unknown, directory: string): StepwrightError {
  if (error instanceof StepwrightError) return error;
  const message = allMessages(error);
  if (diskFullWords.test(message)) return diskFull(directory, message, error);
  if (damageWords.test(message)) return corrupt(directory, 'a file is damaged or missing', { message, cause: error });
  return new StepwrightError(
    'LOG_IO_FAILED',
    `the log "${directory}" cannot be read or written (${message}); it is not known to be damaged. See the cause, mend it, start again`,
    { cause: error, context: { directory } },
  );
}

export function isLockFailure(error: unknown): boolean {
  return /IO error: lock |LockFile|While lock file/.test(allMessages(error));
}

export function diskFull(directory: string, why: string, cause?: unknown): StepwrightError {
  const message = `the disk of the log "${directory}" is full (${why}); nothing was written. Free space and the same call will succeed`;
  return new StepwrightError('LOG_DISK_FULL', message, { disposition: 'retry', cause, context: { directory } });
}

export function corrupt(
  directory: string,
  why: string,
  details: { readonly message?: string; readonly cause?: unknown } = {},
): StepwrightError {
  const engineSays = details.message === undefined ? '' : ` (${details.message})`;
  const message = `the log "${directory}" cannot be read: ${why}${engineSays}. Stop the process, put a copy of the directory back, or move it away to begin anew`;
  return new StepwrightError('LOG_CORRUPT', message, { cause: details.cause, context: { directory } });
}

/** abstract-level hides the storage engine's words in the cause. */
function allMessages(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${allMessages(error.cause)}`;
}
