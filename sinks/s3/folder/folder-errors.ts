import { StepwrightError } from '../../../topology/base/errors.ts';

const retryable = new Set(['EMFILE', 'ENFILE', 'EIO', 'EAGAIN', 'EBUSY', 'EINTR']);

/** The file system's code of an error, or the empty string. */
export function fileErrorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Classifies what the file system threw. A full disk is a reason to wait: somebody can make room. */
export function classifyFileError(error: unknown, operation: string): StepwrightError {
  if (error instanceof StepwrightError) return error;
  const code = fileErrorCode(error);
  const context = { operation, code };
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const message = 'The disk of the object folder is full; nothing of the object was kept. Free some space: the write is tried again.';
    return new StepwrightError('OBJECT_STORE_FULL', message, { disposition: 'retry', cause: error, context });
  }
  const message = `The object folder refused to ${operation} (${code || 'unknown error'}). Check its permissions and its disk.`;
  return new StepwrightError('OBJECT_STORE_FAILED', message, {
    disposition: retryable.has(code) ? 'retry' : 'fatal',
    cause: error,
    context,
  });
}
