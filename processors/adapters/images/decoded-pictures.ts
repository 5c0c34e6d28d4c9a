import { createHash } from 'node:crypto';
import type { DecodedImage } from './decode-image.ts';

/** Together with what is in work this bounds the pixels in memory: about eight screens. */
const maxBytes = 48 << 20;

/**
 * The last decoded pictures, so that a picture is decoded once for its fingerprint and its derivatives. Pixels of originals: they never leave this
 * folder, and nobody writes into them. Work that runs is shared; a failure is not kept.
 */
export class DecodedPictures {
  readonly #decode: (encoded: Buffer) => Promise<DecodedImage>;
  readonly #kept = new Map<string, Promise<DecodedImage>>();
  readonly #sizes = new Map<string, number>();
  #totalBytes = 0;

  constructor(decode: (encoded: Buffer) => Promise<DecodedImage>) {
    this.#decode = decode;
  }

  get(encoded: Buffer): Promise<DecodedImage> {
    const id = createHash('sha256').update(encoded).digest('base64');
    const known = this.#kept.get(id);
    if (known !== undefined) return known;
    const decoding = this.#decode(encoded);
    this.#kept.set(id, decoding);
    decoding.then(
      ({ pixels }) => this.#made(id, pixels.length),
      () => this.#kept.delete(id),
    );
    return decoding;
  }

  #made(id: string, sizeBytes: number): void {
    this.#sizes.set(id, sizeBytes);
    this.#totalBytes += sizeBytes;
    for (const oldest of this.#sizes.keys()) {
      if (this.#totalBytes <= maxBytes) return;
      this.#drop(oldest);
    }
  }

  #drop(id: string): void {
    const sizeBytes = this.#sizes.get(id);
    if (sizeBytes === undefined) return;
    this.#sizes.delete(id);
    this.#kept.delete(id);
    this.#totalBytes -= sizeBytes;
  }
}
