import { StepwrightError } from '../../../topology/base/errors.ts';

/** What `current` says: which folder holds the newest documents, or that the session was forgotten. */
export type GuidePointer = { readonly state: 'current'; readonly folder: string } | { readonly state: 'forgotten' };

/** Higher than any source position, so nothing replaces a tombstone. */
export const forgottenPosition = 2n ** 62n;

/**
 * The position a pointer is compared by: `epoch` counts how often the source topic was created anew, its offsets then begin at 0 again
 * (DESIGN §6: epoch · 2⁴⁴ + offset).
 */
export function pointerPosition(epoch: bigint, offset: bigint): bigint {
  return epoch * 2n ** 44n + offset;
}

export function encodePointer(pointer: GuidePointer): Buffer {
  return Buffer.from(`${JSON.stringify(pointer)}\n`);
}

/** @throws {OBJECT_STORE_FAILED} when the object is not a pointer. */
export function decodePointer(body: Buffer): GuidePointer {
  const parsed = parsedObject(body.toString());
  if (parsed['state'] === 'forgotten') return { state: 'forgotten' };
  if (parsed['state'] === 'current' && typeof parsed['folder'] === 'string') return { state: 'current', folder: parsed['folder'] };
  throw broken();
}

function parsedObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return { ...parsed };
  } catch (cause) {
    throw broken(cause);
  }
  throw broken();
}

function broken(cause?: unknown): StepwrightError {
  const message =
    'The pointer to a guide is not readable: it was changed from outside. Delete the object `current` and replay the session.';
  return new StepwrightError('OBJECT_STORE_FAILED', message, { disposition: 'dead-letter', cause });
}
