const pageBytes = 16_384;
/** Longer than this has a buffer of its own, so that at most a quarter of a page is left unused. */
const longestSharedBytes = pageBytes / 4;
const longestLoopedBytes = 32;

/**
 * Memory for bytes that are kept for a while and let go about together, a layer's values for instance. `Buffer.allocUnsafe` cuts short buffers
 * from pages that the whole process shares: one kept key then holds 8 KiB of what was needed for a moment, several times what a bound in bytes
 * counts. Pages of one owner hold nothing else. All of a page stays while any buffer cut from it is reachable.
 */
export class BytePages {
  #page = Buffer.alloc(0);
  #at = 0;

  /** `byteCount` bytes that nobody else was given, with any content. */
  take(byteCount: number): Buffer {
    if (byteCount > longestSharedBytes) return Buffer.allocUnsafeSlow(byteCount);
    if (this.#at + byteCount > this.#page.length) {
      this.#page = Buffer.allocUnsafeSlow(pageBytes);
      this.#at = 0;
    }
    const start = this.#at;
    this.#at += byteCount;
    return this.#page.subarray(start, this.#at);
  }

  /** The same content in memory that nothing else shares: `bytes` themselves when they fill their own. */
  keep(bytes: Buffer): Buffer {
    if (bytes.length === bytes.buffer.byteLength) return bytes;
    const copy = this.take(bytes.length);
    // A call of `set` costs more than copying a short key.
    if (bytes.length > longestLoopedBytes) copy.set(bytes);
    else for (let index = 0; index < bytes.length; index += 1) copy[index] = bytes[index] ?? 0;
    return copy;
  }
}
