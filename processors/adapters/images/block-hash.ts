import { bmvbhashEven } from 'blockhash-core';
import type { BlockMeans } from './measure-tiles.ts';

const hashSide = 16;
/** The picture is first averaged to this many points a side: a multiple of the hash's side, so each bit sees whole points. */
const pointSide = 64;
/** Brightness differences below this are noise of a flat area; without it, half of the bits of a white page are chance. */
const noiseMask = 0xf8;

/** 256 bits in hex: which of 16 × 16 areas are brighter than the median of their band (blockhash.io), of averages instead of the pixels. */
export function blockHash(blocks: BlockMeans): string {
  const data = new Uint8ClampedArray(pointSide * pointSide * 4).fill(255);
  for (let y = 0; y < pointSide; y++) {
    for (let x = 0; x < pointSide; x++) {
      const luma = averageAt(blocks, x, y) & noiseMask;
      data.fill(luma, (y * pointSide + x) * 4, (y * pointSide + x) * 4 + 3);
    }
  }
  return bmvbhashEven({ width: pointSide, height: pointSide, data }, hashSide);
}

/** Mean of the blocks that fall into a point; a picture with fewer blocks than points repeats them. */
function averageAt({ columns, rows, luma }: BlockMeans, x: number, y: number): number {
  const [left, right] = span(x, columns);
  const [top, bottom] = span(y, rows);
  let sum = 0;
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) sum += luma[row * columns + column] ?? 0;
  }
  return Math.round(sum / ((right - left) * (bottom - top)));
}

function span(point: number, count: number): readonly [from: number, to: number] {
  const from = Math.floor((point * count) / pointSide);
  return [from, Math.max(from + 1, Math.floor(((point + 1) * count) / pointSide))];
}
