import sharp from 'sharp';
import { StepwrightError } from '../../../topology/base/errors.ts';
import { channels } from './raw-image.ts';
import type { RawImage } from './raw-image.ts';

export interface DecodeLimits {
  /** Of the encoded picture. */
  readonly maxBytes: number;
  /** Width × height, known from the header before a pixel is decoded: a bomb costs its header. */
  readonly maxPixels: number;
  readonly timeoutSeconds: number;
}

/** What WebP can hold. */
const maxSidePx = 16_383;

/** A decoded picture, and how far the encoder that made it may have spread a pixel: 0 for PNG. */
export interface DecodedImage extends RawImage {
  readonly blurPx: number;
}

/** JPEG at half colour resolution and lossy WebP work in blocks of 16 pixels; smoothing of colour reaches a little over their edges. */
const lossyReachPx = 16;

/**
 * Decodes a PNG, JPEG or WebP to RGB; transparency shows white. What it is, is read from its first bytes, so no other decoder ever sees it.
 * @throws {IMAGE_TOO_LARGE} over a limit; {IMAGE_INVALID} when it is not a whole picture of these kinds.
 */
export async function decodeImage(encoded: Buffer, limits: DecodeLimits): Promise<DecodedImage> {
  if (encoded.length > limits.maxBytes) throw tooLarge('bytes', encoded.length, limits.maxBytes);
  if (!isPicture(encoded)) throw invalid('its first bytes are not those of a PNG, JPEG or WebP');
  const input = { limitInputPixels: limits.maxPixels, failOn: 'error', sequentialRead: true, pages: 1 } as const;
  try {
    const { width, height } = await sharp(encoded, { ...input, limitInputPixels: false }).metadata();
    if (width * height > limits.maxPixels) throw tooLarge('pixels', width * height, limits.maxPixels);
    if (Math.max(width, height) > maxSidePx) throw tooLarge('pixels on one side', Math.max(width, height), maxSidePx);
    const { data, info } = await sharp(encoded, input)
      .timeout({ seconds: limits.timeoutSeconds })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const pixels = info.channels === channels ? data : grey(data);
    return { width: info.width, height: info.height, pixels, blurPx: isPng(encoded) ? 0 : lossyReachPx };
  } catch (error) {
    if (error instanceof StepwrightError) throw error;
    throw invalid('it does not decode', error);
  }
}

/** One channel to three. */
function grey(data: Buffer): Buffer {
  const pixels = Buffer.alloc(data.length * channels);
  data.forEach((value, at) => pixels.fill(value, at * channels, (at + 1) * channels));
  return pixels;
}

function isPng(encoded: Buffer): boolean {
  return encoded.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
}

function isPicture(encoded: Buffer): boolean {
  const isJpeg = encoded.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]));
  const isWebp = encoded.toString('latin1', 0, 4) === 'RIFF' && encoded.toString('latin1', 8, 12) === 'WEBP';
  return isPng(encoded) || isJpeg || isWebp;
}

function tooLarge(unit: string, found: number, limit: number): StepwrightError {
  return new StepwrightError('IMAGE_TOO_LARGE', `A screenshot has ${found} ${unit}; the limit is ${limit}.`, {
    disposition: 'dead-letter',
    context: { found, limit },
  });
}

function invalid(reason: string, cause?: unknown): StepwrightError {
  return new StepwrightError('IMAGE_INVALID', `A screenshot is not a picture: ${reason}.`, { disposition: 'dead-letter', cause });
}
