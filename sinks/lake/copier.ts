/** Answers bytes that are its own. */
export type Copier = (bytes: Buffer) => Buffer;

const slabBytes = 256 << 10;

/** Copies into large pieces of memory: one allocation a copy costs more than the copy. A piece is free again when the last of its copies is. */
export function createCopier(): Copier {
  let slab = Buffer.alloc(0);
  let at = 0;
  return (bytes) => {
    if (bytes.length > slabBytes >>> 2) return Buffer.from(bytes);
    if (at + bytes.length > slab.length) {
      slab = Buffer.allocUnsafeSlow(slabBytes);
      at = 0;
    }
    const from = at;
    at += bytes.copy(slab, at);
    return slab.subarray(from, at);
  };
}
