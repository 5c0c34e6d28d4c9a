import type { Point, Rect } from '../../schemas/types/capture-event.ts';

/** What the processors need of pictures; implemented by processors/adapters (sharp, blockhash-core). All rects and points are image pixels. */
export interface ImageTools {
  /** Decodes with limits on bytes and pixels. @throws {IMAGE_INVALID | IMAGE_TOO_LARGE} */
  fingerprint(image: Buffer, masks: readonly Rect[]): Promise<ImageFingerprint>;
  /** Solid-fills `masks` first; nothing of the original stays in any derivative. Deterministic for one `transformVersion`. */
  derive(image: Buffer, options: DeriveOptions): Promise<DerivedImages>;
  /** Names encoder, versions and parameters; part of a derivative's key. */
  readonly transformVersion: string;
}

export interface ImageFingerprint {
  readonly width: number;
  readonly height: number;
  /** Hash of the decoded, masked pixels: equal means the same picture. */
  readonly pixelsSha256: string;
  /** 256-bit block hash, hex (blockhash-core). */
  readonly blockHash: string;
  /** One signature a 16-pixel tile, row by row; compared by `sameTiles` of processors/phash-dedupe. */
  readonly tiles: Buffer;
}

export interface DeriveOptions {
  readonly masks: readonly Rect[];
  readonly click?: Point;
  readonly highlight?: Rect;
}

export interface DerivedImages {
  readonly full: DerivedImage;
  readonly thumbnail: DerivedImage;
  readonly crop?: DerivedImage;
  readonly annotated?: DerivedImage;
}

export interface DerivedImage {
  readonly body: Buffer;
  readonly contentType: string;
  readonly width: number;
  readonly height: number;
}
