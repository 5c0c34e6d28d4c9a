import { createHash } from 'node:crypto';
import sharp, { type Sharp } from 'sharp';
import type { Rect } from '../../../schemas/types/capture-event.ts';
import type { DerivedImage, DerivedImages, DeriveOptions, ImageFingerprint, ImageTools } from '../../ports/image-tools.ts';
import { packTiles } from '../../ports/tile-signature.ts';
import { annotate } from './annotate.ts';
import { blockHash } from './block-hash.ts';
import { cropWindow } from './crop-window.ts';
import { decodeImage } from './decode-image.ts';
import type { DecodedImage, DecodeLimits } from './decode-image.ts';
import { measureTiles } from './measure-tiles.ts';
import { blocksAround, channels, fillRects, wholePixels } from './raw-image.ts';
import type { RawImage } from './raw-image.ts';
import { DecodedPictures } from './decoded-pictures.ts';
import { Turnstile } from './turnstile.ts';

export interface ImageToolsOptions {
  /** Pictures in work at a time; each takes width × height × 12 bytes and one thread of the pool. Default 2. */
  readonly concurrencyCount?: number;
  /** Default 32 MiB. */
  readonly maxBytes?: number;
  /** Default 40 million: an 8K screen. */
  readonly maxPixels?: number;
}

/** Change it when the same input may give other bytes: it is part of every derivative's key. */
const derivationVersion = 1;
/** Encoder, versions and parameters. */
export const transformVersion = `stepwright-${derivationVersion};sharp-${sharp.versions.sharp ?? '?'};vips-${sharp.versions.vips};webp-${sharp.versions.webp ?? '?'}`;
const thumbnailWidth = 360;
const fullWebp = { quality: 80, effort: 0 } as const;
const smallWebp = { quality: 76, effort: 2 } as const;

/**
 * Pictures with sharp and blockhash-core. WebP for everything it makes: on screenshots it took half the bytes of JPEG and a quarter of PNG at the
 * same look, and bytes are what a picture costs in the end; effort 0, because 4 takes three times the CPU for a quarter less.
 */
export function createImageTools(options: ImageToolsOptions = {}): ImageTools {
  const limits: DecodeLimits = { maxBytes: options.maxBytes ?? 32 << 20, maxPixels: options.maxPixels ?? 40_000_000, timeoutSeconds: 20 };
  const turnstile = new Turnstile(options.concurrencyCount ?? 2);
  const decoded = new DecodedPictures((encoded) => decodeImage(encoded, limits));
  return {
    transformVersion,
    fingerprint: (image, masks) => turnstile.run('later', async () => fingerprintOf(masked(await decoded.get(image), masks))),
    // First: what was begun is finished while its pixels are still there.
    derive: (image, derivation) =>
      turnstile.run('first', async () => deriveFrom(masked(await decoded.get(image), derivation.masks), derivation)),
  };
}

/** The one place where pixels of an original are seen; what leaves it is masked. */
function masked(image: DecodedImage, masks: readonly Rect[]): RawImage {
  if (masks.length === 0) return image;
  const copy = { ...image, pixels: Buffer.from(image.pixels) };
  fillRects(
    copy,
    masks.map((mask) => blocksAround(mask, image.blurPx)),
  );
  return copy;
}

function fingerprintOf(image: RawImage): ImageFingerprint {
  const { width, height, pixels } = image;
  const { blocks, tiles } = measureTiles(image);
  const pixelsSha256 = createHash('sha256').update(`${width}x${height};`).update(pixels).digest('hex');
  return { width, height, pixelsSha256, blockHash: blockHash(blocks), tiles: packTiles(tiles) };
}

async function deriveFrom(image: RawImage, { click, highlight }: DeriveOptions): Promise<DerivedImages> {
  const full = encode(image, fullWebp);
  const thumbnail = encodeThumbnail(image);
  if (click === undefined && highlight === undefined) return { full: await full, thumbnail: await thumbnail };
  const marked = { ...image, pixels: Buffer.from(image.pixels) };
  annotate(marked, { ...(click === undefined ? {} : { click }), ...(highlight === undefined ? {} : { highlight }) });
  const annotated = encode(marked, fullWebp);
  const centre =
    click ?? (highlight === undefined ? undefined : { x: highlight.x + highlight.width / 2, y: highlight.y + highlight.height / 2 });
  const crop = centre === undefined ? undefined : encodeCrop(marked, cropWindow(image, centre, highlight));
  const pictures = await Promise.all([full, thumbnail, annotated, crop]);
  return { full: pictures[0], thumbnail: pictures[1], annotated: pictures[2], ...(pictures[3] === undefined ? {} : { crop: pictures[3] }) };
}

async function encode(image: RawImage, settings: typeof fullWebp): Promise<DerivedImage> {
  return finished(pipeline(image).webp(settings));
}

async function encodeThumbnail(image: RawImage): Promise<DerivedImage> {
  return finished(
    pipeline(image)
      .resize({ width: Math.min(thumbnailWidth, image.width) })
      .webp(smallWebp),
  );
}

async function encodeCrop(image: RawImage, window: Rect): Promise<DerivedImage | undefined> {
  const area = wholePixels(image, window);
  if (area === undefined) return undefined;
  return finished(pipeline(image).extract({ left: area.x, top: area.y, width: area.width, height: area.height }).webp(fullWebp));
}

function pipeline({ width, height, pixels }: RawImage): Sharp {
  return sharp(pixels, { raw: { width, height, channels } });
}

async function finished(encoded: Sharp): Promise<DerivedImage> {
  const { data, info } = await encoded.toBuffer({ resolveWithObject: true });
  return { body: data, contentType: 'image/webp', width: info.width, height: info.height };
}
