import type { Point, Rect } from '../../../schemas/types/capture-event.ts';

/** Where this window's viewport stands in the top viewport, CSS pixels; undefined inside a frame of another origin, whose place is unknown. */
export function frameOffset(view: Window): Point | undefined {
  const offset = { x: 0, y: 0 };
  for (let current = view; current !== current.top; current = current.parent) {
    const frame = frameElementOf(current);
    if (frame === null) return undefined;
    const rect = frame.getBoundingClientRect();
    offset.x += rect.x + frame.clientLeft;
    offset.y += rect.y + frame.clientTop;
  }
  return offset;
}

function frameElementOf(view: Window): Element | null {
  try {
    return view.frameElement;
  } catch {
    return null; // another origin
  }
}

/** The element's box in the top viewport, rounded outwards to whole CSS pixels; undefined when it has none. */
export function rectOf(element: Pick<Element, 'getBoundingClientRect'>, offset: Point | undefined): Rect | undefined {
  const box = element.getBoundingClientRect();
  if (offset === undefined || (box.width === 0 && box.height === 0)) return undefined;
  const x = Math.floor(box.left + offset.x);
  const y = Math.floor(box.top + offset.y);
  return { x, y, width: Math.ceil(box.right + offset.x) - x, height: Math.ceil(box.bottom + offset.y) - y };
}

/** Each different rectangle once. */
export function distinctRects(rects: readonly Rect[]): Rect[] {
  return [...new Map(rects.map((rect) => [`${rect.x},${rect.y},${rect.width},${rect.height}`, rect])).values()];
}

/** The one box around all of them; none around none. */
export function boundsOf(rects: readonly Rect[]): readonly Rect[] {
  if (rects.length === 0) return [];
  const x = Math.min(...rects.map((rect) => rect.x));
  const y = Math.min(...rects.map((rect) => rect.y));
  const right = Math.max(...rects.map((rect) => rect.x + rect.width));
  const bottom = Math.max(...rects.map((rect) => rect.y + rect.height));
  return [{ x, y, width: right - x, height: bottom - y }];
}
