import {
  blockSizePx,
  blocksPerTileSide,
  bytesPerTile,
  lumaBytesPerTile,
  stepShift,
  tileGrid,
  tileSizePx,
} from '../../ports/tile-signature.ts';
import { channels } from './raw-image.ts';
import type { RawImage } from './raw-image.ts';

/** Mean brightness, 0 to 255, of every 4-pixel block. */
export interface BlockMeans {
  readonly columns: number;
  readonly rows: number;
  readonly luma: Uint8Array;
}

export interface TileMeasures {
  readonly blocks: BlockMeans;
  /** Unpacked signature, ports/tile-signature.ts. */
  readonly tiles: Uint8Array;
}

/** One pass over the pixels, in whole numbers: the same on every machine. */
export function measureTiles(image: RawImage): TileMeasures {
  const sums = sumBlocks(image);
  const blocks = blockMeans(image, sums);
  return { blocks, tiles: tileBytes(image, sums, blocks) };
}

interface BlockSums {
  readonly columns: number;
  readonly rows: number;
  readonly red: Uint32Array;
  readonly green: Uint32Array;
  readonly blue: Uint32Array;
}

function sumBlocks({ width, height, pixels }: RawImage): BlockSums {
  const columns = Math.ceil(width / blockSizePx);
  const rows = Math.ceil(height / blockSizePx);
  const [red, green, blue] = [new Uint32Array(columns * rows), new Uint32Array(columns * rows), new Uint32Array(columns * rows)];
  let at = 0;
  for (let y = 0; y < height; y++) {
    const first = Math.floor(y / blockSizePx) * columns;
    for (let column = 0; column < columns; column++) {
      const end = Math.min((column + 1) * blockSizePx, width) - column * blockSizePx;
      let [r, g, b] = [0, 0, 0];
      for (let x = 0; x < end; x++, at += channels) {
        r += pixels[at] ?? 0;
        g += pixels[at + 1] ?? 0;
        b += pixels[at + 2] ?? 0;
      }
      const block = first + column;
      red[block] = (red[block] ?? 0) + r;
      green[block] = (green[block] ?? 0) + g;
      blue[block] = (blue[block] ?? 0) + b;
    }
  }
  return { columns, rows, red, green, blue };
}

function blockMeans({ width, height }: RawImage, { columns, rows, red, green, blue }: BlockSums): BlockMeans {
  const luma = new Uint8Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    const blockHeight = Math.min((row + 1) * blockSizePx, height) - row * blockSizePx;
    for (let column = 0; column < columns; column++) {
      const pixelCount = blockHeight * (Math.min((column + 1) * blockSizePx, width) - column * blockSizePx);
      const at = row * columns + column;
      luma[at] = Math.round(weighted(red[at], green[at], blue[at]) / pixelCount);
    }
  }
  return { columns, rows, luma };
}

function tileBytes(image: RawImage, sums: BlockSums, blocks: BlockMeans): Uint8Array {
  const { columns, rows } = tileGrid(image.width, image.height);
  const tiles = new Uint8Array(columns * rows * bytesPerTile);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const first = (row * columns + column) * bytesPerTile;
      const colour = [0, 0];
      for (let block = 0; block < lumaBytesPerTile; block++) {
        const blockColumn = column * blocksPerTileSide + (block % blocksPerTileSide);
        const blockRow = row * blocksPerTileSide + Math.floor(block / blocksPerTileSide);
        if (blockColumn >= blocks.columns || blockRow >= blocks.rows) continue;
        const at = blockRow * blocks.columns + blockColumn;
        const sum = weighted(sums.red[at], sums.green[at], sums.blue[at]);
        colour[0] = (colour[0] ?? 0) + (sums.red[at] ?? 0) - sum;
        colour[1] = (colour[1] ?? 0) + (sums.blue[at] ?? 0) - sum;
        tiles[first + block] = (blocks.luma[at] ?? 0) >> stepShift;
      }
      const pixelCount = tileSide(column, image.width) * tileSide(row, image.height);
      colour.forEach((sum, index) => (tiles[first + lumaBytesPerTile + index] = colourStep(sum / pixelCount)));
    }
  }
  return tiles;
}

/** ITU-R BT.601 in 256ths. */
function weighted(red = 0, green = 0, blue = 0): number {
  return (77 * red + 150 * green + 29 * blue) / 256;
}

/** Colour differences lie between about -180 and 230; half of it around the middle fits a byte. */
function colourStep(difference: number): number {
  return Math.max(0, Math.min(255, Math.round(difference / 2 + 128))) >> stepShift;
}

function tileSide(index: number, size: number): number {
  return Math.min((index + 1) * tileSizePx, size) - index * tileSizePx;
}
