/**
 * Question: what does the image chain cost beside plain sharp that makes the same pictures?
 * Measured: per screenshot of the demo recording: fingerprint, then full picture, thumbnail, crop and annotated picture
 * with one mask, all from one decode. Beside it plain sharp: one decode too, its SHA-256, the fill by a loop over the rows, and the same four WebP encodings with the same settings;
 * no tiles are measured and no marks drawn. One after the other, by turns in one run, so both see the same machine. Pictures a
 * CPU-second, median of the rounds and their spread; the ratio is chain ÷ plain of the medians, goal 0.8. Checked: sizes are equal.
 * Not measured: reading and writing objects, opening seals.
 * Rerun: npm run build && node dist/bench/images/chain.bench.js [folder] [rounds]
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { createImageTools } from '../../processors/adapters/images/image-tools.ts';
import { cropWindow } from '../../processors/adapters/images/crop-window.ts';

const folder = process.argv[2] ?? 'cli/demo/recording/screenshots';
const roundCount = Number(process.argv[3] ?? 7);
const mask = { x: 100, y: 100, width: 240, height: 40 };
const click = { x: 500, y: 300 };
const fill = Buffer.from([30, 33, 41]);
const highlight = { x: 440, y: 280, width: 120, height: 40 };
const pictures = readdirSync(folder)
  .sort()
  .slice(0, 12)
  .map((name) => readFileSync(join(folder, name)));
const { transformVersion } = createImageTools();

type Sizes = readonly string[];
const size = ({ width, height }: { readonly width: number; readonly height: number }): string => `${width}x${height}`;

async function chain(picture: Buffer): Promise<Sizes> {
  // New ones each time: a decoded picture of the round before must not be found again.
  const tools = createImageTools({ concurrencyCount: 1 });
  await tools.fingerprint(picture, [mask]);
  const { full, thumbnail, annotated, crop } = await tools.derive(picture, { masks: [mask], click, highlight });
  return [full, thumbnail, annotated, crop].map((derived) => (derived === undefined ? '' : size(derived)));
}

async function plain(picture: Buffer): Promise<Sizes> {
  const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  createHash('sha256').update(data).digest('hex');
  for (let y = mask.y; y < mask.y + mask.height; y++) {
    const left = (y * info.width + mask.x) * info.channels;
    data.fill(fill, left, left + mask.width * info.channels);
  }
  const raw = { raw: { width: info.width, height: info.height, channels: info.channels } };
  const window = cropWindow(info, click, highlight);
  const encoded = await Promise.all([
    sharp(data, raw).webp({ quality: 80, effort: 0 }).toBuffer({ resolveWithObject: true }),
    sharp(data, raw).resize({ width: 360 }).webp({ quality: 76, effort: 2 }).toBuffer({ resolveWithObject: true }),
    sharp(data, raw).webp({ quality: 80, effort: 0 }).toBuffer({ resolveWithObject: true }),
    sharp(data, raw)
      .extract({ left: window.x, top: window.y, width: window.width, height: window.height })
      .webp({ quality: 80, effort: 0 })
      .toBuffer({ resolveWithObject: true }),
  ]);
  return encoded.map((derived) => size(derived.info));
}

async function perCpuSecond(work: (picture: Buffer) => Promise<Sizes>): Promise<number> {
  const before = process.cpuUsage();
  for (const picture of pictures) await work(picture);
  const { user, system } = process.cpuUsage(before);
  return pictures.length / ((user + system) / 1e6);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

for (const picture of pictures) assert.deepEqual(await chain(picture), await plain(picture), 'both make pictures of the same size');
const rounds = { chain: [] as number[], plain: [] as number[] };
for (let round = 0; round < roundCount; round++) {
  rounds.plain.push(await perCpuSecond(plain));
  rounds.chain.push(await perCpuSecond(chain));
}
const summary = (values: readonly number[]) => ({
  median: Number(median(values).toFixed(2)),
  least: Number(Math.min(...values).toFixed(2)),
  most: Number(Math.max(...values).toFixed(2)),
});
console.log(
  JSON.stringify({
    bench: 'image chain',
    pictures: pictures.length,
    rounds: roundCount,
    chainPerCpuSec: summary(rounds.chain),
    plainPerCpuSec: summary(rounds.plain),
    ratio: Number((median(rounds.chain) / median(rounds.plain)).toFixed(3)),
    transformVersion,
    node: process.version,
    cores: cpus().length,
  }),
);
