import type { Pointer, Point, Target } from '../../schemas/types/capture-event.ts';
import { modifiersOf } from './keys.ts';

/** A press of a pointer, from down to up; its target was described at down, before the page could change it. */
export interface Press {
  readonly element: Element;
  readonly target: Target;
  readonly at: Point;
  /** Browsers dispatch a second click to the control of a clicked label: one press makes one click. */
  readonly clicked: boolean;
}

/** A click that no key or press explains: assistive technology made it. */
export const unexplainedAfterMs = 1_000;

export const dragFromPx = 30;

/** A drag is a press that ended at least `dragFromPx` from where it began. */
export function isDrag(press: Press, end: Point): boolean {
  return Math.hypot(end.x - press.at.x, end.y - press.at.y) >= dragFromPx;
}

/** The pointer of a DOM event in the top viewport; the frame's own coordinates where its place is unknown. */
export function pointerOf(event: MouseEvent, offset: Point | undefined, clickCount?: number): Pointer {
  const modifiers = modifiersOf(event);
  return {
    x: Math.round(event.clientX + (offset?.x ?? 0)),
    y: Math.round(event.clientY + (offset?.y ?? 0)),
    button: event.button === 1 ? 'middle' : event.button === 2 ? 'right' : 'left',
    ...(clickCount === undefined ? {} : { clickCount }),
    ...(modifiers.length === 0 ? {} : { modifiers }),
  };
}
