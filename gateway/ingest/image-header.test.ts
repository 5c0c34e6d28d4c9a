import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { readImageHeader } from './image-header.ts';

const picture = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: '#336699' } });

test('what sharp writes is recognised with its size: PNG, JPEG (also progressive), WebP (lossy, lossless, alpha)', async () => {
  const files = [
    [await picture(37, 11).png().toBuffer(), 'image/png'],
    [await picture(37, 11).jpeg().toBuffer(), 'image/jpeg'],
    [await picture(37, 11).jpeg({ progressive: true }).withMetadata({ density: 144 }).toBuffer(), 'image/jpeg'],
    [await picture(37, 11).webp().toBuffer(), 'image/webp'],
    [await picture(37, 11).webp({ lossless: true }).toBuffer(), 'image/webp'],
    [await picture(37, 11).ensureAlpha(0.5).webp().toBuffer(), 'image/webp'],
  ] as const;
  for (const [bytes, mediaType] of files) assert.deepEqual(readImageHeader(bytes), { mediaType, width: 37, height: 11 });
});

test('other formats, empty pictures and cut headers are no image', async () => {
  const png = await picture(5, 5).png().toBuffer();
  const empty = Buffer.from(png);
  empty.writeUInt32BE(0, 16);
  const gif = await picture(5, 5).gif().toBuffer();
  for (const bytes of [Buffer.alloc(0), gif, Buffer.from('<svg/>'), png.subarray(0, 30), empty])
    assert.equal(readImageHeader(bytes), undefined);
});

test('no bytes make it throw or run on', () => {
  const heads = [
    '',
    '89504e470d0a1a0a0000000d49484452',
    'ffd8',
    'ffd8ffe0',
    '52494646000000005745425056503820',
    '524946460000000057454250565038',
  ];
  fc.assert(
    fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 300 }), (head, tail) => {
      readImageHeader(Buffer.concat([Buffer.from(head, 'hex'), tail]));
    }),
    { numRuns: 2_000 },
  );
});
