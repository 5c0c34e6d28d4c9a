import { sealOverheadBytes, sessionScope } from '../../schemas/sealed.ts';
import type { Worth } from './findings.ts';

const sealVersion = 1;
/** A TTL store keeps a row's time before its value, outside the seal. */
const timeBytes = 8;
/**
 * Ciphertext is as good as random, so a run of so many printable characters comes by chance once in 10^10 bytes; text and JSON are nothing else. This looks
 * at bytes alone: a check that asked the serdes would hear "the key is gone" for a value that somebody forgot to seal.
 */
const printableRun = /[\x20-\x7e]{24}/;
/** A deleted row, or a flag beside a key: `true` of an open session. */
const flags: ReadonlySet<string> = new Set(['', 'true']);

/** What a value that belongs to the session is worth to a reader. */
export function worthOf(value: Buffer | null): Worth {
  if (value === null || isFlag(value)) return 'id';
  return isSealed(value) || isSealed(value.subarray(timeBytes)) ? 'unreadable' : 'readable';
}

/** True when the bytes can be a sealed value (schemas/sealed.ts). */
export function isSealed(bytes: Buffer): boolean {
  return bytes[0] === sealVersion && bytes.length >= sealOverheadBytes && !printableRun.test(bytes.toString('latin1'));
}

function isFlag(value: Buffer): boolean {
  return flags.has(value.toString('latin1')) || (value.length > timeBytes && flags.has(value.subarray(timeBytes).toString('latin1')));
}

/** True for a record or store key that begins with the session's scope. */
export function belongsTo(key: Uint8Array | null, scope: string): boolean {
  if (key === null) return false;
  try {
    return sessionScope(key) === scope;
  } catch {
    return false;
  }
}
