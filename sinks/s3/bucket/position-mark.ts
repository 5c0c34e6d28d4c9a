import { StepwrightError } from '../../../topology/base/errors.ts';

/**
 * A pointer's position stands behind its body as 64 blanks: a space is a 0, a tab a 1, highest bit first. So two positions never have the same bytes,
 * and the entity tag that `If-Match` compares tells them apart even where the body is the same; and JSON stays JSON for whoever reads the bucket.
 * - 1: 64 blanks
 */
export const positionMarkBytes = 64;

export function markPosition(body: Buffer, position: bigint): Buffer {
  const bits = BigInt.asUintN(positionMarkBytes, position).toString(2).padStart(positionMarkBytes, '0');
  return Buffer.concat([body, Buffer.from(bits.replaceAll('0', ' ').replaceAll('1', '\t'))]);
}

/** The position in a pointer's metadata. @throws {OBJECT_STORE_FAILED} when it is none: only that pointer's row is refused. */
export function parsePosition(text: string): bigint {
  if (/^\d{1,20}$/.test(text)) return BigInt(text);
  const message = 'The position of a pointer is not readable: it was changed from outside. Delete the pointer and replay its session.';
  throw new StepwrightError('OBJECT_STORE_FAILED', message, { disposition: 'dead-letter' });
}

export function withoutPosition(marked: Buffer): Buffer {
  return marked.subarray(0, Math.max(0, marked.length - positionMarkBytes));
}
