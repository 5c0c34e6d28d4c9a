/** Byte strings in memcmp order; shared by the key serdes and the composite keys of window and session stores. */

/** A zero byte inside a component is written as these two, a component ends with the two of `terminator`, which sort before. */
const zero = 0x00;
const escapedZero = 0xff;
const terminator = 0x01;

/** Bytes that `escapeInto` writes for `component`, terminator included. */
export function escapedLength(component: Uint8Array): number {
  let length = component.length + 2;
  for (let index = component.indexOf(zero); index !== -1; index = component.indexOf(zero, index + 1)) length++;
  return length;
}

/**
 * Writes a component of variable length so that order is kept and no component is a prefix of another: 00 becomes 00 FF, the end is 00 01.
 * Returns the position after it. (The scheme of CockroachDB's and FoundationDB's ordered keys.)
 */
export function escapeInto(target: Buffer, at: number, component: Uint8Array): number {
  if (component.indexOf(zero) === -1) {
    target.set(component, at);
    return writeTerminator(target, at + component.length);
  }
  let end = at;
  for (const byte of component) {
    target[end++] = byte;
    if (byte === zero) target[end++] = escapedZero;
  }
  return writeTerminator(target, end);
}

function writeTerminator(target: Buffer, at: number): number {
  target[at] = zero;
  target[at + 1] = terminator;
  return at + 2;
}

/** Position after the terminator of the component that begins at `from`, or -1 when it has none. */
export function componentEnd(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(zero, from); at !== -1; at = bytes.indexOf(zero, at + 2)) {
    if (bytes[at + 1] === terminator) return at + 2;
  }
  return -1;
}

/** The component in [from, end), without escapes and terminator. A view where nothing was escaped. */
export function unescape(bytes: Buffer, from: number, end: number): Buffer {
  const body = bytes.subarray(from, end - 2);
  if (body.indexOf(zero) === -1) return body;
  const out = Buffer.allocUnsafe(body.length);
  let length = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] ?? zero;
    out[length++] = byte;
    if (byte === zero) at++;
  }
  return out.subarray(0, length);
}

/** The first byte string after every one that begins with `prefix`; undefined when there is none (all bytes FF). */
export function prefixEnd(prefix: Uint8Array): Buffer | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length--;
  if (length === 0) return undefined;
  const end = Buffer.from(prefix.subarray(0, length));
  end[length - 1] = (end[length - 1] ?? 0) + 1;
  return end;
}
