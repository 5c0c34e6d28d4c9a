import type { Point, Rect, Screenshot } from '../../schemas/types/capture-event.ts';
import type { ChosenImage, FactMessage, ImagedMessage, PictureRequest, SafeStep, SessionChanged, SessionInfo } from '../model.ts';

/** Which picture to make for a step. All in image pixels, inside the picture; sorted, so equal plans are equal bytes. */
export interface ImagePlan {
  /** Of the original in quarantine. */
  readonly sourceSha256: string;
  /** What the recorder says the picture measures; rectangles are meant for a picture of this size only. */
  readonly width: number;
  readonly height: number;
  readonly masks: readonly Rect[];
  readonly click?: Point;
  readonly highlight?: Rect;
}

/** A step whose words are safe; its picture is made by the stage behind. */
export interface PlannedStep {
  readonly step: SafeStep;
  readonly plan?: ImagePlan;
}

/** plan node → image stage. Nothing of the original words is in it. */
export type PlannedMessage = ({ readonly type: 'step'; readonly session: SessionInfo } & PlannedStep) | SessionChanged | FactMessage;

/** The plan of a step whose picture is chosen: deterministic, without state. */
export function planMessage(message: ImagedMessage): PlannedMessage {
  if (message.type !== 'step') return message;
  const { type, session, step, picture, chosen } = message;
  if (picture === undefined || chosen === undefined) return { type, session, step };
  const plan = planRequest(picture, chosen);
  return plan === undefined
    ? { type, session, step: { ...step, imageMissing: 'The regions to hide in the picture are not known.' } }
    : { type, session, step, plan };
}

function planRequest({ shot, hidden, places, click, highlight }: PictureRequest, chosen: ChosenImage): ImagePlan | undefined {
  const ofOwnShot = shot.sha256 === chosen.shot.sha256 ? [] : shot.masks;
  // A recorder that masks what the page itself shows knows the places of this moment; remembered ones do not follow a scrolled page.
  const remembered = chosen.shot.personalDataMasked === true ? [] : places;
  return planImage(chosen.shot, {
    masks: [...ofOwnShot, ...hidden, ...remembered],
    ...(click === undefined ? {} : { click }),
    ...(highlight === undefined ? {} : { highlight }),
  });
}

/** Rectangles grow by this much on every side: text is drawn over the edges of its box. CSS pixels. */
const maskMarginPx = 2;

export interface ImageMarks {
  /** CSS pixels. */
  readonly masks: readonly Rect[];
  readonly click?: Point;
  readonly highlight?: Rect;
}

/** Answers undefined when a rectangle makes no sense: a picture is not shown when it is not known what to cover. */
export function planImage(shot: Screenshot, marks: ImageMarks): ImagePlan | undefined {
  const all = [...shot.masks, ...marks.masks];
  if (!(shot.scale > 0) || all.some((rect) => !isRect(rect))) return undefined;
  const masks = all.map((rect) => toPixels(shot, rect, maskMarginPx)).filter((rect) => rect !== undefined);
  const highlight = marks.highlight === undefined || !isRect(marks.highlight) ? undefined : toPixels(shot, marks.highlight, 0);
  const click = marks.click === undefined ? undefined : pointIn(shot, marks.click);
  return {
    sourceSha256: shot.sha256,
    width: shot.width,
    height: shot.height,
    masks: distinct(masks),
    ...(click === undefined ? {} : { click }),
    ...(highlight === undefined ? {} : { highlight }),
  };
}

function isRect(rect: Rect): boolean {
  return [rect.x, rect.y, rect.width, rect.height].every(Number.isFinite);
}

/** Outwards to whole pixels, cut to the picture; undefined when nothing of it is in the picture. */
function toPixels(shot: Screenshot, rect: Rect, margin: number): Rect | undefined {
  const left = Math.max(0, Math.floor((Math.min(rect.x, rect.x + rect.width) - margin) * shot.scale));
  const top = Math.max(0, Math.floor((Math.min(rect.y, rect.y + rect.height) - margin) * shot.scale));
  const right = Math.min(shot.width, Math.ceil((Math.max(rect.x, rect.x + rect.width) + margin) * shot.scale));
  const bottom = Math.min(shot.height, Math.ceil((Math.max(rect.y, rect.y + rect.height) + margin) * shot.scale));
  return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : undefined;
}

function pointIn(shot: Screenshot, point: Point): Point | undefined {
  const [x, y] = [Math.round(point.x * shot.scale), Math.round(point.y * shot.scale)];
  return x >= 0 && y >= 0 && x < shot.width && y < shot.height ? { x, y } : undefined;
}

function distinct(rects: readonly Rect[]): readonly Rect[] {
  const byText = new Map(rects.map((rect) => [`${rect.x},${rect.y},${rect.width},${rect.height}`, rect]));
  return [...byText.values()].toSorted((a, b) => a.y - b.y || a.x - b.x || a.height - b.height || a.width - b.width);
}

/** Whether `rect` lies inside one of `covers`. */
export function isCovered(rect: Rect, covers: readonly Rect[]): boolean {
  return covers.some(
    (cover) =>
      cover.x <= rect.x &&
      cover.y <= rect.y &&
      cover.x + cover.width >= rect.x + rect.width &&
      cover.y + cover.height >= rect.y + rect.height,
  );
}
