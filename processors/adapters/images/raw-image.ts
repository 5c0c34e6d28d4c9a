import type { Rect } from '../../../schemas/types/capture-event.ts';

/** Decoded pixels: RGB, 8 bits, row by row, no padding. */
export interface RawImage {
  readonly width: number;
  readonly height: number;
  readonly pixels: Buffer;
}

export const channels = 3;

/** Near black: says that something was taken out, in print too. */
const fillColour = [30, 33, 41] as const;

/** Colour of a half-resolution block shows this far outside of it after smoothing. */
const colourBleedPx = 2;

/**
 * The blocks of `blockPx` pixels in which a lossy encoder may have left traces of what is in `rect`: ringing and colour reach the edges of the
 * blocks that the rectangle touches, and colour a little further. 0: the rectangle itself.
 */
export function blocksAround({ x, y, width, height }: Rect, blockPx: number): Rect {
  if (blockPx === 0) return { x, y, width, height };
  const down = (value: number): number => Math.floor(value / blockPx) * blockPx - colourBleedPx;
  const up = (value: number): number => Math.ceil(value / blockPx) * blockPx + colourBleedPx;
  const [left, top] = [down(Math.min(x, x + width)), down(Math.min(y, y + height))];
  return { x: left, y: top, width: up(Math.max(x, x + width)) - left, height: up(Math.max(y, y + height)) - top };
}

/**
 * Fills rectangles in place, grown outwards to whole pixels and cut to the picture. It is done on decoded pixels, before anything is encoded, scaled or hashed:
 * nothing that follows can depend on what was there, not by ringing, not by colour that bleeds over the edge.
 */
export function fillRects(image: RawImage, rects: readonly Rect[]): void {
  for (const rect of rects) {
    const area = wholePixels(image, rect);
    if (area === undefined) continue;
    const row = Buffer.alloc(area.width * channels, Buffer.from(fillColour));
    for (let y = area.y; y < area.y + area.height; y++) row.copy(image.pixels, (y * image.width + area.x) * channels);
  }
}

/** Undefined when nothing of the rectangle is in the picture. A side that is not a number reaches the picture's edge: better too much than too little. */
export function wholePixels({ width, height }: Pick<RawImage, 'width' | 'height'>, rect: Rect): Rect | undefined {
  const left = Math.max(0, Math.floor(Math.min(rect.x, rect.x + rect.width)) || 0);
  const top = Math.max(0, Math.floor(Math.min(rect.y, rect.y + rect.height)) || 0);
  const right = edge(Math.max(rect.x, rect.x + rect.width), width);
  const bottom = edge(Math.max(rect.y, rect.y + rect.height), height);
  return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : undefined;
}

function edge(value: number, limit: number): number {
  return Number.isNaN(value) ? limit : Math.min(limit, Math.ceil(value));
}
