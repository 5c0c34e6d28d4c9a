import type { Rect } from '../../schemas/types/capture-event.ts';
import { tileGrid, tileSizePx, unpackTiles, type TileGrid } from '../ports/tile-signature.ts';
import { changedAreas } from './tile-difference.ts';
import type { ChangedArea } from './tile-difference.ts';

/** Two pictures of one size. */
export interface PicturePair {
  readonly width: number;
  readonly height: number;
  /** Packed signatures (ports/tile-signature.ts): of the kept picture, and of the new one. */
  readonly kept: Buffer;
  readonly next: Buffer;
  /** Of the element that the new step is about, image pixels. */
  readonly target?: Rect;
}

/** Whether both show the same; `changedTiles` ranks several that do. */
export interface TileVerdict {
  readonly isSame: boolean;
  readonly changedTiles: number;
}

/** Clocks and spinners: an area that fits in so many tiles a side. Three are 48 pixels: the minutes of a clock, but not a word. */
const spotTiles = 3;
/** Carets, underlines, progress lines: one row of blocks high, and at most so long. */
const lineTiles = 20;
/** Focus: a ring that came or went around a field or a button, at most so high; two, when it moved from one to another. */
const ringTilesHigh = 5;
const maxRings = 2;
/** Hover: an even, slight change of one sign; brightness and colour in steps of 8. */
const hoverSteps = 4;
const hoverColourSteps = 4;
/** … of at most this share of the picture and this height: a button or a table row, not a panel. */
const hoverShare = 0.08;
const hoverTilesHigh = 5;
/** … in at most so many bands of that height: what is hovered now, and what was before. Words inside cut a band into pieces. */
const hoverBands = 2;
/** More spots and lines than this do not change by themselves. */
const maxSpots = 4;

/**
 * Decides over pictures that a hash found alike: what differs must be small places that change by themselves (caret, clock, spinner, focus, hover), none of
 * them at the target. Any doubt means "not the same": a picture too many costs bytes, a wrong one misleads.
 */
export function sameTiles(pair: PicturePair): TileVerdict {
  const grid = tileGrid(pair.width, pair.height);
  const kept = unpackTiles(pair.kept, grid);
  const next = unpackTiles(pair.next, grid);
  if (kept === undefined || next === undefined) return { isSame: false, changedTiles: grid.columns * grid.rows };
  const areas = changedAreas(kept, next, grid);
  const changedTiles = areas.reduce((sum, { tileCount }) => sum + tileCount, 0);
  const rings = areas.filter(isRing);
  const spots = areas.filter((area) => !isSlight(area) && !isRing(area));
  const areSpots = spots.length <= maxSpots && spots.every((area) => isSpot(area) || isLine(area));
  const isVolatile = areSpots && rings.length <= maxRings && isHover(areas.filter(isSlight), grid);
  return { isSame: isVolatile && !areas.some((area) => touches(area, pair.target)), changedTiles };
}

function isSpot({ left, right, top, bottom }: ChangedArea): boolean {
  return right - left <= spotTiles && bottom - top <= spotTiles;
}

function isLine({ left, right, blockRowCount }: ChangedArea): boolean {
  return blockRowCount === 1 && right - left <= lineTiles;
}

function isHover(areas: readonly ChangedArea[], { columns, rows }: TileGrid): boolean {
  const tileCount = areas.reduce((sum, area) => sum + area.tileCount, 0);
  return tileCount <= columns * rows * hoverShare && bandCount(areas) <= hoverBands;
}

function isRing(area: ChangedArea): boolean {
  return !isSlight(area) && area.isHollow && area.isOneWay && area.bottom - area.top <= ringTilesHigh;
}

function isSlight({ strongestStep, strongestColourStep, isOneWay }: ChangedArea): boolean {
  return strongestStep <= hoverSteps && strongestColourStep <= hoverColourSteps && isOneWay;
}

/** How many bands of `hoverTilesHigh` cover the areas. */
function bandCount(areas: readonly ChangedArea[]): number {
  let count = 0;
  let coveredTo = -1;
  for (const area of areas.toSorted((a, b) => a.top - b.top)) {
    if (area.bottom <= coveredTo) continue;
    count += Math.ceil((area.bottom - Math.max(area.top, coveredTo)) / hoverTilesHigh);
    coveredTo = Math.max(coveredTo, area.top + hoverTilesHigh, area.bottom);
  }
  return count;
}

function touches(area: ChangedArea, target: Rect | undefined): boolean {
  if (target === undefined) return false;
  const [left, top] = [Math.floor(target.x / tileSizePx), Math.floor(target.y / tileSizePx)];
  const [right, bottom] = [Math.ceil((target.x + target.width) / tileSizePx), Math.ceil((target.y + target.height) / tileSizePx)];
  return area.left < right && left < area.right && area.top < bottom && top < area.bottom;
}
