import { blocksPerTileSide, bytesPerTile, lumaBytesPerTile } from '../ports/tile-signature.ts';
import type { TileGrid } from '../ports/tile-signature.ts';

/** A connected area of changed tiles (also over corners), in tiles. */
export interface ChangedArea {
  readonly left: number;
  readonly top: number;
  /** Exclusive. */
  readonly right: number;
  /** Exclusive. */
  readonly bottom: number;
  readonly tileCount: number;
  /** Rows of 4-pixel blocks between the first and the last changed one: 1 or 2 for an underline. */
  readonly blockRowCount: number;
  /** Largest brightness change of a block, in steps of 8. */
  readonly strongestStep: number;
  /** Largest colour change of a tile, in steps of 8. */
  readonly strongestColourStep: number;
  /** Only the rim changed, up to two blocks of it: a ring around something that stayed. */
  readonly isHollow: boolean;
  /** Every changed block became brighter, or every one darker. */
  readonly isOneWay: boolean;
}

/** One step more or less is rounding: a mean that lay at the edge of a step. */
const noiseSteps = 1;
/** A single block that changed by so little is noise of compression next to something sharp. */
const loneBlockSteps = 2;

/** The areas in which two unpacked signatures of one grid differ, by row and column of their first tile. */
export function changedAreas(a: Uint8Array, b: Uint8Array, grid: TileGrid): readonly ChangedArea[] {
  const tileCount = grid.columns * grid.rows;
  const changed = new Uint8Array(tileCount);
  for (let tile = 0; tile < tileCount; tile++) if (isChanged(a, b, tile * bytesPerTile)) changed[tile] = 1;
  const areas: ChangedArea[] = [];
  for (let tile = 0; tile < tileCount; tile++) {
    if (changed[tile] === 1) areas.push(measureArea(a, b, grid, takeConnected(changed, grid, tile)));
  }
  return areas;
}

function isChanged(a: Uint8Array, b: Uint8Array, first: number): boolean {
  let blockCount = 0;
  let strongest = 0;
  for (let at = first; at < first + bytesPerTile; at++) {
    const step = Math.abs((a[at] ?? 0) - (b[at] ?? 0));
    if (step <= noiseSteps) continue;
    blockCount++;
    if (step > strongest) strongest = step;
  }
  return blockCount > 1 || strongest > loneBlockSteps;
}

/** Clears and answers the tiles that hang together with `first`. */
function takeConnected(changed: Uint8Array, { columns, rows }: TileGrid, first: number): readonly number[] {
  changed[first] = 0;
  const tiles = [first];
  for (let next = 0; next < tiles.length; next++) {
    const tile = tiles[next] ?? 0;
    const [column, row] = [tile % columns, Math.floor(tile / columns)];
    for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++) {
      for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++) {
        if (changed[y * columns + x] !== 1) continue;
        changed[y * columns + x] = 0;
        tiles.push(y * columns + x);
      }
    }
  }
  return tiles;
}

interface ChangedBlock {
  readonly x: number;
  readonly y: number;
  /** Steps of brightness, with sign. */
  readonly step: number;
}

function measureArea(a: Uint8Array, b: Uint8Array, { columns }: TileGrid, tiles: readonly number[]): ChangedArea {
  const [xs, ys] = [span(tiles, (tile) => tile % columns), span(tiles, (tile) => Math.floor(tile / columns))];
  const blocks = tiles.flatMap((tile) => changedBlocks(a, b, tile, columns));
  const rows = span(blocks, ({ y }) => y);
  const steps = span(blocks, ({ step }) => step);
  return {
    left: xs.least,
    top: ys.least,
    right: xs.most + 1,
    bottom: ys.most + 1,
    tileCount: tiles.length,
    blockRowCount: blocks.length === 0 ? 0 : rows.most - rows.least + 1,
    strongestStep: blocks.length === 0 ? 0 : Math.max(Math.abs(steps.least), Math.abs(steps.most)),
    strongestColourStep: span(tiles, (tile) => colourSteps(a, b, tile)).most,
    isHollow: isHollow(blocks),
    isOneWay: blocks.length === 0 || steps.least > 0 || steps.most < 0,
  };
}

/** Of at least one item; a loop, because an area can have more items than a call takes arguments. */
function span<Item>(items: readonly Item[], value: (item: Item) => number): { readonly least: number; readonly most: number } {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const item of items) {
    const found = value(item);
    if (found < least) least = found;
    if (found > most) most = found;
  }
  return { least, most };
}

function changedBlocks(a: Uint8Array, b: Uint8Array, tile: number, columns: number): readonly ChangedBlock[] {
  const found: ChangedBlock[] = [];
  for (let block = 0; block < lumaBytesPerTile; block++) {
    const at = tile * bytesPerTile + block;
    const step = (b[at] ?? 0) - (a[at] ?? 0);
    if (Math.abs(step) <= noiseSteps) continue;
    const x = (tile % columns) * blocksPerTileSide + (block % blocksPerTileSide);
    const y = Math.floor(tile / columns) * blocksPerTileSide + Math.floor(block / blocksPerTileSide);
    found.push({ x, y, step });
  }
  return found;
}

function colourSteps(a: Uint8Array, b: Uint8Array, tile: number): number {
  let strongest = 0;
  for (let at = tile * bytesPerTile + lumaBytesPerTile; at < (tile + 1) * bytesPerTile; at++) {
    const step = Math.abs((a[at] ?? 0) - (b[at] ?? 0));
    if (step > noiseSteps && step > strongest) strongest = step;
  }
  return strongest;
}

const rimBlocks = 2;

function isHollow(blocks: readonly ChangedBlock[]): boolean {
  const [xs, ys] = [span(blocks, ({ x }) => x), span(blocks, ({ y }) => y)];
  const [left, right, top, bottom] = [xs.least + rimBlocks, xs.most - rimBlocks, ys.least + rimBlocks, ys.most - rimBlocks];
  const hasInside = right > left && bottom > top;
  return hasInside && !blocks.some(({ x, y }) => x >= left && x <= right && y >= top && y <= bottom);
}
