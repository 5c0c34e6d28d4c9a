import { decodeImage, type DecodeLimits } from '../../processors/adapters/images/decode-image.ts';

const limits: DecodeLimits = { maxBytes: 64 << 20, maxPixels: 64_000_000, timeoutSeconds: 30 };
const channelCount = 3;

/**
 * How many pixels of a picture have the colour that only protected fields have: red and blue alike, clearly less green, faint ones included. The mark of a
 * click is crimson: far less blue than red.
 */
export async function magentaPixels(picture: Buffer): Promise<number> {
  const { pixels } = await decodeImage(picture, limits);
  let count = 0;
  for (let at = 0; at + 2 < pixels.length; at += channelCount) {
    const [red = 0, green = 0, blue = 0] = [pixels[at], pixels[at + 1], pixels[at + 2]];
    if (blue > red * 0.85 && Math.min(red, blue) - green > 24) count += 1;
  }
  return count;
}
