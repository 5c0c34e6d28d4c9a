import type { Point, Rect } from '../../../schemas/types/capture-event.ts';
import { channels } from './raw-image.ts';
import type { RawImage } from './raw-image.ts';

type Colour = readonly [red: number, green: number, blue: number];
const markColour: Colour = [225, 29, 72];
const haloColour: Colour = [255, 255, 255];

/** Sizes grow with the picture: one unit is a CSS pixel of a 1280-pixel wide page. */
function unitOf(image: RawImage): number {
  return Math.max(1, image.width / 1280);
}

/** Draws the element's outline and the click's ring into the pixels. Whole arithmetic on few pixels: no font, no renderer, the same bytes everywhere. */
export function annotate(image: RawImage, marks: { readonly click?: Point; readonly highlight?: Rect }): void {
  const unit = unitOf(image);
  if (marks.highlight !== undefined) outline(image, marks.highlight, 3 * unit);
  if (marks.click === undefined) return;
  ring(image, marks.click, { radius: 18 * unit, thickness: 9 * unit, colour: haloColour });
  ring(image, marks.click, { radius: 18 * unit, thickness: 5 * unit, colour: markColour });
  ring(image, marks.click, { radius: 2 * unit, thickness: 4 * unit, colour: markColour });
}

function outline(image: RawImage, { x, y, width, height }: Rect, thickness: number): void {
  const outer = { left: x - thickness, top: y - thickness, right: x + width + thickness, bottom: y + height + thickness };
  eachPixel(
    image,
    outer,
    (px, py) => {
      const isInside = px >= x && px < x + width && py >= y && py < y + height;
      return isInside ? 0 : 1;
    },
    markColour,
  );
}

interface Ring {
  readonly radius: number;
  readonly thickness: number;
  readonly colour: Colour;
}

function ring(image: RawImage, centre: Point, { radius, thickness, colour }: Ring): void {
  const reach = radius + thickness / 2 + 1;
  const box = { left: centre.x - reach, top: centre.y - reach, right: centre.x + reach, bottom: centre.y + reach };
  // Full inside the stroke, fading over one pixel at its edges.
  const coverage = (px: number, py: number): number =>
    thickness / 2 + 0.5 - Math.abs(Math.sqrt((px + 0.5 - centre.x) ** 2 + (py + 0.5 - centre.y) ** 2) - radius);
  eachPixel(image, box, coverage, colour);
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function eachPixel(image: RawImage, box: Box, coverage: (x: number, y: number) => number, colour: Colour): void {
  const [left, right] = [Math.max(0, Math.floor(box.left)), Math.min(image.width, Math.ceil(box.right))];
  const [top, bottom] = [Math.max(0, Math.floor(box.top)), Math.min(image.height, Math.ceil(box.bottom))];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const share = Math.max(0, Math.min(1, coverage(x, y)));
      if (share > 0) blend(image, (y * image.width + x) * channels, colour, share);
    }
  }
}

function blend({ pixels }: RawImage, at: number, colour: Colour, share: number): void {
  for (const [channel, value] of colour.entries()) {
    const before = pixels[at + channel] ?? 0;
    pixels[at + channel] = Math.round(before + (value - before) * share);
  }
}
