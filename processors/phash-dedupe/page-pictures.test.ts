import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import sharp from 'sharp';
import { createImageTools } from '../adapters/images/image-tools.ts';
import type { ImageFingerprint } from '../ports/image-tools.ts';
import { buttonRect, createApplication, drawPage, firstShot, seededRandom } from './test-support/page-pictures.ts';
import type { Page, PageShot, Picture } from './test-support/page-pictures.ts';
import { hashDistance } from './hash-distance.ts';
import { sameTiles } from './same-tiles.ts';

const seeds = [11, 22];
const images = createImageTools({ concurrencyCount: 4 });

interface Shown {
  readonly seed: number;
  readonly page: Page;
  readonly first: ImageFingerprint;
  readonly again: readonly { readonly what: string; readonly fingerprint: ImageFingerprint }[];
}

async function fingerprint({ width, height, pixels }: Picture, jpegQuality?: number): Promise<ImageFingerprint> {
  const raw = sharp(pixels, { raw: { width, height, channels: 3 } });
  const encoded = jpegQuality === undefined ? raw.png({ compressionLevel: 1 }) : raw.jpeg({ quality: jpegQuality });
  return images.fingerprint(await encoded.toBuffer(), []);
}

function variants(page: Page, random: () => number): readonly { readonly what: string; readonly shot: PageShot; readonly jpeg?: number }[] {
  const hoveredRow = Math.floor(random() * Math.max(1, page.rows.length));
  const minute = firstShot.minute + 1 + Math.floor(random() * 30);
  return [
    { what: 'caret', shot: { ...firstShot, isCaretOn: false } },
    { what: 'clock', shot: { ...firstShot, minute: firstShot.minute + 1 } },
    { what: 'spinner', shot: { ...firstShot, spinnerPhase: 3 } },
    { what: 'hover', shot: { ...firstShot, hoveredRow } },
    { what: 'JPEG 85', shot: firstShot, jpeg: 85 },
    { what: 'JPEG 70', shot: firstShot, jpeg: 70 },
    { what: 'all at once', shot: { minute, isCaretOn: false, spinnerPhase: 5, hoveredRow }, jpeg: 80 },
  ];
}

function isShared(kept: ImageFingerprint, next: ImageFingerprint): boolean {
  if (hashDistance(kept.blockHash, next.blockHash) > 72) return false;
  return sameTiles({ width: kept.width, height: kept.height, kept: kept.tiles, next: next.tiles, target: buttonRect }).isSame;
}

describe('pages of invented applications', () => {
  const shown: Shown[] = [];
  before(async () => {
    const random = seededRandom(5);
    for (const seed of seeds) {
      const application = createApplication(seed);
      for (const page of application.pages) {
        const again = await Promise.all(
          variants(page, random).map(async ({ what, shot, jpeg }) => ({
            what,
            fingerprint: await fingerprint(drawPage(application, page, shot), jpeg),
          })),
        );
        shown.push({ seed, page, first: await fingerprint(drawPage(application, page, firstShot)), again });
      }
    }
  });

  it('never share a picture between two pages, in any of their shots', () => {
    const merged: string[] = [];
    let pairCount = 0;
    for (const kept of shown) {
      for (const other of shown) {
        if (other === kept) continue;
        const shots =
          other.seed === kept.seed
            ? [{ what: 'first', fingerprint: other.first }, ...other.again]
            : [{ what: 'first', fingerprint: other.first }];
        for (const { what, fingerprint: next } of shots) {
          pairCount++;
          if (isShared(kept.first, next)) merged.push(`${kept.page.name} = ${other.page.name} (${what})`);
        }
      }
    }
    assert.ok(pairCount > 2500, `${pairCount} pairs`);
    assert.deepEqual(merged, []);
  });

  it('share at least 95 % of the shots that differ only in what changes by itself', () => {
    const all = shown.flatMap(({ page, first, again }) =>
      again.map(({ what, fingerprint: next }) => ({ name: `${page.name}: ${what}`, isSame: isShared(first, next) })),
    );
    const missed = all.filter(({ isSame }) => !isSame).map(({ name }) => name);
    assert.ok(missed.length / all.length <= 0.05, `${missed.length} of ${all.length} not shared: ${missed.slice(0, 20).join('; ')}`);
  });
});
