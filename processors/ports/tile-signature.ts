import { deflateRawSync, inflateRawSync } from 'node:zlib';

/**
 * What is remembered of a picture to tell whether another shows the same: for every 16-pixel tile, row by row, the mean brightness of its 4 × 4
 * blocks of 4 pixels and two colour differences, each in 32 steps of 8. Coarse enough to forget compression noise, fine enough for a digit.
 * - version 1: raw deflate of 18 bytes a tile
 */
export const tileSizePx = 16;
export const blocksPerTileSide = 4;
export const blockSizePx = tileSizePx / blocksPerTileSide;
export const lumaBytesPerTile = blocksPerTileSide * blocksPerTileSide;
export const bytesPerTile = lumaBytesPerTile + 2;
/** Of a mean between 0 and 255. */
export const stepShift = 3;

export interface TileGrid {
  readonly columns: number;
  readonly rows: number;
}

export function tileGrid(width: number, height: number): TileGrid {
  return { columns: Math.ceil(width / tileSizePx), rows: Math.ceil(height / tileSizePx) };
}

export function packTiles(tiles: Uint8Array): Buffer {
  return deflateRawSync(tiles, { level: 1 });
}

/** Undefined when the bytes are not the tiles of a picture of this size. */
export function unpackTiles(packed: Buffer, { columns, rows }: TileGrid): Uint8Array | undefined {
  const wantedBytes = columns * rows * bytesPerTile;
  try {
    const tiles = inflateRawSync(packed, { maxOutputLength: wantedBytes + 1 });
    return tiles.length === wantedBytes ? tiles : undefined;
  } catch {
    return undefined;
  }
}
