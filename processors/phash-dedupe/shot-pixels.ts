import type { Point, Rect, Screenshot } from '../../schemas/types/capture-event.ts';

/** The recorder's masks in image pixels, in one order, so that equal masks are equal. */
export function maskPixels(shot: Screenshot): readonly Rect[] {
  return shot.masks
    .map((mask) => scaled(mask, shot.scale))
    .toSorted((a, b) => a.y - b.y || a.x - b.x || a.height - b.height || a.width - b.width);
}

/** What a picture is taken of, CSS pixels. */
export interface ShotSubject {
  readonly click?: Point;
  readonly target?: { readonly rect?: Rect };
}

/** What the step is about, in image pixels: the element, else a little around the click. */
export function targetPixels(step: ShotSubject, shot: Screenshot): Rect | undefined {
  if (step.target?.rect !== undefined) return scaled(step.target.rect, shot.scale);
  if (step.click === undefined) return undefined;
  const reach = 8;
  return scaled({ x: step.click.x - reach, y: step.click.y - reach, width: 2 * reach, height: 2 * reach }, shot.scale);
}

function scaled({ x, y, width, height }: Rect, scale: number): Rect {
  return { x: x * scale, y: y * scale, width: width * scale, height: height * scale };
}
