import type { Point, Rect } from '../../../schemas/types/capture-event.ts';

const cropWidth = 640;
const cropHeight = 400;

/**
 * The part of the picture around what was clicked: 640 × 400 CSS pixels, more when the element is larger, moved inside the picture. The
 * element is in the middle rather than the pointer, so that its words are whole.
 */
export function cropWindow(
  { width, height }: { readonly width: number; readonly height: number },
  click: Point,
  highlight: Rect | undefined,
): Rect {
  const unit = Math.max(1, width / 1280);
  const centre = highlight !== undefined && isNear(highlight, click) ? middle(highlight) : click;
  const wanted = highlight === undefined ? { width: 0, height: 0 } : highlight;
  const cut = {
    width: Math.round(Math.min(width, Math.max(cropWidth * unit, Math.min(wanted.width * 1.2, cropWidth * unit * 2)))),
    height: Math.round(Math.min(height, Math.max(cropHeight * unit, Math.min(wanted.height * 1.2, cropHeight * unit * 2)))),
  };
  return { x: inside(centre.x - cut.width / 2, width - cut.width), y: inside(centre.y - cut.height / 2, height - cut.height), ...cut };
}

function isNear(rect: Rect, { x, y }: Point): boolean {
  return (
    rect.width <= cropWidth &&
    rect.height <= cropHeight &&
    x >= rect.x &&
    y >= rect.y &&
    x <= rect.x + rect.width &&
    y <= rect.y + rect.height
  );
}

function middle({ x, y, width, height }: Rect): Point {
  return { x: x + width / 2, y: y + height / 2 };
}

function inside(value: number, limit: number): number {
  return Math.round(Math.max(0, Math.min(limit, value)));
}
