import { StepwrightError } from '../../topology/base/errors.ts';

/**
 * ClickHouse error codes by what to do. Sources: ErrorCodes.cpp of ClickHouse. Unknown codes are fatal, as everywhere.
 * retry: 159 timeout, 202 too many queries, 209/210 network, 236 aborted, 241 memory, 242 read-only, 243/252 no space, too many parts, 319 unknown
 * status of an insert, 394 cancelled, 425/439/745 system error, no thread, overloaded, 473 deadlock avoided; of a cluster 198 DNS, 225/999 keeper, 285/286
 * replicas missing. dead-letter: 6, 26, 27, 38, 41, 53, 69, 72, 117, 131, 321 values that a column does not take.
 */
const retryable = new Set('159 198 202 209 210 225 236 241 242 243 252 285 286 319 394 425 439 473 745 999'.split(' '));
const refused = new Set(['6', '26', '27', '38', '41', '53', '69', '72', '117', '131', '321']);
const networkCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'EAI_AGAIN', 'ENOTFOUND']);

/** Where the client speaks to: between it and a `server` may be others, who answer in words that are not ClickHouse's. */
export type Spoken = 'server' | 'engine';

/** Classifies what @clickhouse/client threw. The message keeps the engine's code and name, not its text: that may quote a value. */
export function classifyClickHouseError(error: unknown, operation: string, to: Spoken = 'engine'): StepwrightError {
  if (error instanceof StepwrightError) return error;
  const { code, type } = detailsOf(error);
  const name = type === '' ? code : `${type}, ${code}`;
  const context = { operation, code };
  if (isUnreached({ code, type })) return failed(`Analytics does not reach ClickHouse (${name || 'network'}).`, 'retry', error, context);
  if (retryable.has(code)) return failed(`ClickHouse cannot ${operation} now (${name}).`, 'retry', error, context);
  if (refused.has(code)) return failed(`ClickHouse refused a value (${name}).`, 'dead-letter', error, context);
  if (to === 'server' && name === '' && isForeign(error))
    return failed(`What answers in ClickHouse's place cannot ${operation}: a proxy whose server is away?`, 'retry', error, context);
  return failed(`ClickHouse failed to ${operation} (${name || 'unknown error'}).`, 'fatal', error, context);
}

function isUnreached({ code, type }: { readonly code: string; readonly type: string }): boolean {
  return networkCodes.has(code) || /timeout|socket hang up/i.test(type);
}

/** The client makes a plain error of an answer that is not in ClickHouse's words. */
function isForeign(error: unknown): boolean {
  return error instanceof Error && error.constructor === Error;
}

function failed(
  message: string,
  disposition: 'retry' | 'dead-letter' | 'fatal',
  cause: unknown,
  context: { readonly operation: string; readonly code: string },
): StepwrightError {
  return new StepwrightError('ANALYTICS_FAILED', message, { disposition, cause, context });
}

function detailsOf(error: unknown): { readonly code: string; readonly type: string } {
  if (!(error instanceof Error)) return { code: '', type: '' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : (/Code: (\d+)/.exec(error.message)?.[1] ?? '');
  const type = 'type' in error && typeof error.type === 'string' ? error.type : '';
  return { code, type: type === '' && code === '' && /timeout/i.test(error.message) ? 'timeout' : type };
}
