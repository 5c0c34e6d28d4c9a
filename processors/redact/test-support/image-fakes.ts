import { StepwrightError } from '../../../topology/base/errors.ts';
import type { ImageTools } from '../../ports/image-tools.ts';
import type { ObjectStore } from '../../ports/object-store.ts';

/** An ObjectStore of one test; `bodies` is what it holds. */
export function memoryObjects(): ObjectStore & { readonly bodies: Map<string, Buffer> } {
  const bodies = new Map<string, Buffer>();
  return {
    bodies,
    get: async (key) => bodies.get(key),
    head: async (key) => (bodies.has(key) ? { sizeBytes: bodies.get(key)?.length ?? 0, contentType: '' } : undefined),
    put: async (key, body, options) => {
      if (options.ifAbsent === true && bodies.has(key)) return false;
      bodies.set(key, body);
      return true;
    },
    delete: async (key) => void bodies.delete(key),
    async *list(prefix) {
      for (const [key, body] of bodies) if (key.startsWith(prefix)) yield { key, sizeBytes: body.length, modifiedAtMs: 0 };
    },
  };
}

/** Encodes what it was told to do, so that a test can read it in the derivatives. */
export function toolsOf(version: string, calls: string[] = []): ImageTools {
  const picture = (what: string, width: number, height: number) => ({ body: Buffer.from(what), contentType: 'image/webp', width, height });
  return {
    transformVersion: version,
    fingerprint: async (image) => ({
      width: 200,
      height: 100,
      pixelsSha256: image.toString('hex'),
      blockHash: '0'.repeat(64),
      tiles: Buffer.alloc(13 * 7 * 8),
    }),
    derive: async (image, { masks, click }) => {
      if (image.toString() === 'garbage') throw new StepwrightError('IMAGE_INVALID', 'no picture', { disposition: 'dead-letter' });
      calls.push(version);
      const full = picture(`${version} ${JSON.stringify(masks)}`, image.toString() === 'other size' ? 400 : 200, 100);
      const crop = click === undefined ? {} : { crop: picture('crop', 20, 20), annotated: picture('marked', 200, 100) };
      return { full, thumbnail: picture('thumb', 20, 10), ...crop };
    },
  };
}
