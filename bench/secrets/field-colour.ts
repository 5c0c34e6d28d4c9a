import { decodeImage, type DecodeLimits } from '../../processors/adapters/images/decode-image.ts';

const limits: DecodeLimits = { maxBytes: 64 << 20, maxPixels: 64_000_000, timeoutSeconds: 30 };
const channelCount = 3;
/** Lossy edges of the crimson mark of a click come to a fraction of it; text and ground of a protected field to 100 and more. */
const leastGreen = 40;

/** How many pixels of a picture have the colour that only protected fields have: green. */
export async function fieldPixels(picture: Buffer): Promise<number> {
  const { pixels } = await decodeImage(picture, limits);
  let count = 0;
  for (let at = 0; at + 2 < pixels.length; at += channelCount) {
    const [red = 0, green = 0, blue = 0] = [pixels[at], pixels[at + 1], pixels[at + 2]];
    if (green - Math.max(red, blue) > leastGreen) count += 1;
  }
  return count;
}
