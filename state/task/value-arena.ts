const chunkBytes = 1_048_576;

/**
 * Copies of many values in few pieces of memory. An object for each value would be looked at by every collection until it is let go, which cost more than the copy.
 * What is overwritten by something longer stays until the arena is let go.
 */
export class ValueArena {
  readonly #chunks: Buffer[] = [];
  /** Bytes taken of the last chunk. */
  #used = chunkBytes;
  #byteCount = 0;

  /** Of all values ever appended. */
  get byteCount(): number {
    return this.#byteCount;
  }

  /** Answers the address of the copy. */
  append(value: Uint8Array): number {
    this.#byteCount += value.length;
    if (this.#used + value.length > chunkBytes) {
      this.#chunks.push(Buffer.allocUnsafeSlow(Math.max(chunkBytes, value.length)));
      this.#used = 0;
    }
    const address = (this.#chunks.length - 1) * chunkBytes + this.#used;
    this.#used += value.length;
    this.overwrite(address, value);
    return address;
  }

  /** With one of the same length. */
  overwrite(address: number, value: Uint8Array): void {
    this.#chunks[Math.floor(address / chunkBytes)]?.set(value, address % chunkBytes);
  }

  /** A view. */
  read(address: number, length: number): Buffer {
    const from = address % chunkBytes;
    return this.#chunks[Math.floor(address / chunkBytes)]?.subarray(from, from + length) ?? Buffer.alloc(0);
  }
}
