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

function measureArea(a: Uint8Array, b: Uint8Array, { columns }: TileGrid, tiles: readonly number[]): ChangedArea {
  const [xs, ys] = [tiles.map((tile) => tile % columns), tiles.map((tile) => Math.floor(tile / columns))];
  const steps = { up: 0, down: 0, colour: 0, firstBlockRow: Number.POSITIVE_INFINITY, lastBlockRow: -1 };
  for (const tile of tiles) {
    for (let block = 0; block < bytesPerTile; block++) {
      const at = tile * bytesPerTile + block;
      const step = (b[at] ?? 0) - (a[at] ?? 0);
      if (Math.abs(step) <= noiseSteps) continue;
      if (block >= lumaBytesPerTile) {
        steps.colour = Math.max(steps.colour, Math.abs(step));
        continue;
      }
      const blockRow = Math.floor(tile / columns) * blocksPerTileSide + Math.floor(block / blocksPerTileSide);
      steps.firstBlockRow = Math.min(steps.firstBlockRow, blockRow);
      steps.lastBlockRow = Math.max(steps.lastBlockRow, blockRow);
      steps.up = Math.max(steps.up, step);
      steps.down = Math.max(steps.down, -step);
    }
  }
  return {
    left: Math.min(...xs),
    top: Math.min(...ys),
    right: Math.max(...xs) + 1,
    bottom: Math.max(...ys) + 1,
    tileCount: tiles.length,
    blockRowCount: steps.lastBlockRow < 0 ? 0 : steps.lastBlockRow - steps.firstBlockRow + 1,
    strongestStep: Math.max(steps.up, steps.down),
    strongestColourStep: steps.colour,
    isOneWay: steps.up === 0 || steps.down === 0,
  };
}
