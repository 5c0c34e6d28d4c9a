import { createHmac } from 'node:crypto';

/**
 * The key for names that belongs to a data key: HMAC-SHA-256 of a fixed label, so that it needs no storage, dies with the data key, and tells
 * nothing about it. Every Keyring uses this one.
 */
export function nameKeyOf(dataKey: Buffer): Buffer {
  return createHmac('sha256', dataKey).update('stepwright/names/1').digest();
}
