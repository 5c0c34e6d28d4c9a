import type { ErrorCode } from '../../topology/base/error-codes.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { ApiCode } from './api-codes.ts';
import { refuse } from './refusal.ts';
import type { Refusal } from './refusal.ts';

const known: Partial<Readonly<Record<ErrorCode, ApiCode>>> = {
  SEAL_KEY_GONE: 'SESSION_GONE',
  LOG_DISK_FULL: 'STORAGE_FULL',
  STATE_DISK_FULL: 'STORAGE_FULL',
  SPOOL_FULL: 'SPOOL_FULL',
  OBJECT_STORE_FULL: 'STORAGE_FULL',
  OBJECT_TOO_LARGE: 'SCREENSHOT_TOO_LARGE',
  ANALYTICS_OFF: 'ANALYTICS_OFF',
  LOG_UNKNOWN_OUTCOME: 'UNAVAILABLE',
  LOG_CLOSED: 'UNAVAILABLE',
  LOG_FENCED: 'UNAVAILABLE',
};

/** What a caller is told of a thrown error: a code, never the message, which may name paths and topics. */
export function refusalOf(error: unknown): Refusal {
  const code =
    error instanceof StepwrightError ? (known[error.code] ?? (error.disposition === 'retry' ? 'UNAVAILABLE' : 'INTERNAL')) : 'INTERNAL';
  switch (code) {
    case 'SESSION_GONE':
      return refuse(code, 'the session was deleted');
    case 'STORAGE_FULL':
      return refuse(code, 'the disk of the server is full; nothing was taken', { retryAfterMs: 30_000 });
    case 'SPOOL_FULL':
      return refuse(code, 'the server cannot store more until its log is back; nothing was taken', { retryAfterMs: 10_000 });
    case 'UNAVAILABLE':
      return refuse(code, 'the server cannot store this now; nothing was acked', { retryAfterMs: 1_000 });
    case 'SCREENSHOT_TOO_LARGE':
      return refuse(code, 'the picture is larger than the store takes');
    case 'ANALYTICS_OFF':
      return refuse(code, 'the analytics engine is not installed');
    default:
      return refuse('INTERNAL', 'a fault of the server; its log names the requestId');
  }
}
