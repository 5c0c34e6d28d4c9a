import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import type { Rect } from '../../../schemas/types/capture-event.ts';
import { hasCode } from '../../../topology/base/errors.ts';
import type { DerivedImage, DerivedImages } from '../../ports/image-tools.ts';
import { createImageTools } from './image-tools.ts';

const width = 200;
const height = 120;
const tools = createImageTools();
const mask: Rect = { x: 37, y: 29, width: 61, height: 23 };
const marks = { click: { x: 60, y: 40 }, highlight: { x: 50, y: 35, width: 40, height: 14 } };

/** Pixels by a function of place and channel. */
function picture(value: (x: number, y: number, channel: number) => number): Buffer {
  return Buffer.from(
    Array.from({ length: width * height * 3 }, (_value, at) => value(Math.floor(at / 3) % width, Math.floor(at / 3 / width), at % 3)),
  );
}

const page = (x: number, y: number, channel: number): number => (x * 7 + y * 13 + channel * 50) % 256;

function encoded(pixels: Buffer, format: 'png' | 'jpeg' | 'webp' = 'png'): Promise<Buffer> {
  const raw = sharp(pixels, { raw: { width, height, channels: 3 } });
  return (format === 'png' ? raw.png() : format === 'jpeg' ? raw.jpeg({ quality: 95 }) : raw.webp({ lossless: true })).toBuffer();
}

function isIn({ x, y, width: w, height: h }: Rect, px: number, py: number): boolean {
  return px >= x && px < x + w && py >= y && py < y + h;
}

function all(derived: DerivedImages): readonly (readonly [string, DerivedImage])[] {
  return Object.entries(derived).filter((entry): entry is [string, DerivedImage] => entry[1] !== undefined);
}

describe('derivatives', () => {
  it('do not depend on a single masked pixel: other secrets, the same bytes, in every derivative', async () => {
    const secrets = [
      () => 0,
      () => 255,
      (x: number, y: number) => (x * 31 + y * 17) % 256,
      (x: number, _y: number, channel: number) => (channel === x % 3 ? 255 : 0),
    ];
    const results = await Promise.all(
      secrets.map(async (secret) => {
        const pixels = picture((x, y, channel) => (isIn(mask, x, y) ? secret(x, y, channel) : page(x, y, channel)));
        return {
          derived: await tools.derive(await encoded(pixels), { masks: [mask], ...marks }),
          print: await tools.fingerprint(await encoded(pixels), [mask]),
        };
      }),
    );
    const [first, ...others] = results;
    assert.ok(first !== undefined);
    assert.deepEqual(
      all(first.derived)
        .map(([name]) => name)
        .sort(),
      ['annotated', 'crop', 'full', 'thumbnail'],
    );
    for (const other of others) {
      assert.deepEqual(other.print, first.print);
      for (const [index, [name, { body }]] of all(other.derived).entries())
        assert.ok(all(first.derived)[index]?.[1].body.equals(body), name);
    }
  });

  it('do not depend on traces of a masked place that a JPEG left around it: ringing and colour', async () => {
    const secrets = [() => 0, (x: number, _y: number, channel: number) => (channel === x % 3 ? 255 : 0)];
    for (const place of [mask, { x: 32, y: 32, width: 64, height: 32 }]) {
      const results = await Promise.all(
        secrets.map(async (secret) => {
          const pixels = picture((x, y, channel) => (isIn(place, x, y) ? secret(x, y, channel) : page(x, y, channel)));
          const original = await sharp(pixels, { raw: { width, height, channels: 3 } })
            .jpeg({ quality: 60, chromaSubsampling: '4:2:0' })
            .toBuffer();
          return tools.derive(original, { masks: [place], ...marks });
        }),
      );
      assert.deepEqual(results[1], results[0]);
    }
  });

  it('show the fill and nothing else where a mask is, whatever the format of the original', async () => {
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      const { full } = await tools.derive(await encoded(picture(page), format), { masks: [mask] });
      const { data } = await sharp(full.body).removeAlpha().raw().toBuffer({ resolveWithObject: true });
      // Inside by the reach of the codec's filter, the fill is even; its edge belongs to what is around it.
      const inner = { x: mask.x + 12, y: mask.y + 8, width: mask.width - 24, height: mask.height - 16 };
      for (let y = inner.y; y < inner.y + inner.height; y++) {
        for (let x = inner.x; x < inner.x + inner.width; x++) {
          for (const [channel, fill] of [30, 33, 41].entries()) {
            assert.ok(Math.abs((data[(y * width + x) * 3 + channel] ?? 0) - fill) <= 6, `${format} ${x},${y}`);
          }
        }
      }
    }
  });

  it('cover masks that are fractions, negative, upside down, outside or not numbers, rather too much than too little', async () => {
    const bytesOf = async (pixels: Buffer, masks: readonly Rect[]): Promise<Buffer> =>
      (await tools.derive(await encoded(pixels), { masks })).full.body;
    const cases: readonly (readonly [Rect, Rect])[] = [
      [
        { x: 10.7, y: 10.2, width: 5.1, height: 5.1 },
        { x: 10, y: 10, width: 6, height: 6 },
      ],
      [
        { x: -5, y: -5, width: 10, height: 10 },
        { x: 0, y: 0, width: 5, height: 5 },
      ],
      [
        { x: 20, y: 20, width: -10, height: -10 },
        { x: 10, y: 10, width: 10, height: 10 },
      ],
      [
        { x: 190, y: 110, width: 1e9, height: 1e9 },
        { x: 190, y: 110, width: 10, height: 10 },
      ],
      [
        { x: Number.NaN, y: 0, width: Number.NaN, height: 200 },
        { x: 0, y: 0, width, height },
      ],
    ];
    for (const [given, covered] of cases) {
      const pixels = picture(page);
      const changed = picture((x, y, channel) => (isIn(covered, x, y) ? 128 : page(x, y, channel)));
      assert.ok((await bytesOf(pixels, [given])).equals(await bytesOf(changed, [given])), JSON.stringify(given));
    }
    await bytesOf(picture(page), [{ x: 5000, y: 5000, width: 10, height: 10 }]);
  });

  it('are the same bytes every time, also side by side', async () => {
    const original = await encoded(picture(page));
    const runs = await Promise.all(Array.from({ length: 4 }, () => tools.derive(original, { masks: [mask], ...marks })));
    for (const run of runs) assert.deepEqual(run, runs[0]);
  });

  it('mark the click in the annotated picture and the crop, and leave the full one clean', async () => {
    const white = await encoded(picture(() => 255));
    const plain = await tools.derive(white, { masks: [] });
    assert.deepEqual(
      all(plain).map(([name]) => name),
      ['full', 'thumbnail'],
    );
    const marked = await tools.derive(white, { masks: [], ...marks });
    assert.ok(marked.full.body.equals(plain.full.body));
    assert.ok(marked.annotated !== undefined && marked.crop !== undefined);
    const { data } = await sharp(marked.annotated.body).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const red = (x: number, y: number): boolean => (data[(y * width + x) * 3] ?? 0) > 180 && (data[(y * width + x) * 3 + 1] ?? 0) < 110;
    assert.ok(red(marks.click.x, marks.click.y - 18), 'the ring');
    assert.ok(!red(5, 110), 'nothing elsewhere');
  });

  it('say their size and type, and keep every mark inside a picture of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: -50, max: 150 }),
        async (w, h, at) => {
          const raw = sharp(Buffer.alloc(w * h * 3, 200), { raw: { width: w, height: h, channels: 3 } });
          const derived = await tools.derive(await raw.png().toBuffer(), {
            masks: [],
            click: { x: at, y: at },
            highlight: { x: at, y: at, width: 30, height: 10 },
          });
          for (const [, { body, contentType, width: sayWidth, height: sayHeight }] of all(derived)) {
            const { format, width: isWidth, height: isHeight } = await sharp(body).metadata();
            assert.deepEqual([`image/${format}`, isWidth, isHeight], [contentType, sayWidth, sayHeight]);
          }
          assert.deepEqual([derived.full.width, derived.full.height], [w, h]);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('fingerprints', () => {
  it('are equal for equal pixels in another container, and differ for one changed pixel', async () => {
    const pixels = picture(page);
    const [png, webp] = [await tools.fingerprint(await encoded(pixels), []), await tools.fingerprint(await encoded(pixels, 'webp'), [])];
    assert.deepEqual(png, webp);
    const touched = Buffer.from(pixels);
    touched[0] = (touched[0] ?? 0) ^ 1;
    assert.notEqual((await tools.fingerprint(await encoded(touched), [])).pixelsSha256, png.pixelsSha256);
  });
  it('have 256 bits, for pictures smaller than the hash too', async () => {
    for (const [w, h] of [
      [1, 1],
      [7, 300],
      [64, 64],
      [500, 9],
    ] as const) {
      const raw = sharp(Buffer.alloc(w * h * 3, 90), { raw: { width: w, height: h, channels: 3 } });
      assert.match((await tools.fingerprint(await raw.png().toBuffer(), [])).blockHash, /^[0-9a-f]{64}$/);
    }
  });
  it('read grey, palette and transparent pictures as what a person sees', async () => {
    const grey = await sharp(
      picture(() => 77),
      { raw: { width, height, channels: 3 } },
    )
      .greyscale()
      .png()
      .toBuffer();
    const palette = await sharp(
      picture(() => 77),
      { raw: { width, height, channels: 3 } },
    )
      .png({ palette: true })
      .toBuffer();
    const flat = await tools.fingerprint(await encoded(picture(() => 77)), []);
    assert.equal((await tools.fingerprint(grey, [])).pixelsSha256, flat.pixelsSha256);
    assert.equal((await tools.fingerprint(palette, [])).pixelsSha256, flat.pixelsSha256);
    const clear = await sharp({ create: { width, height, channels: 4, background: { r: 9, g: 9, b: 9, alpha: 0 } } })
      .png()
      .toBuffer();
    assert.equal(
      (await tools.fingerprint(clear, [])).pixelsSha256,
      (await tools.fingerprint(await encoded(picture(() => 255)), [])).pixelsSha256,
    );
  });
});

describe('bad pictures', () => {
  const refused = async (input: Buffer, code: 'IMAGE_INVALID' | 'IMAGE_TOO_LARGE', limits = tools): Promise<void> => {
    for (const call of [() => limits.fingerprint(input, []), () => limits.derive(input, { masks: [] })]) {
      await assert.rejects(call, (error) => hasCode(error, code) && error.disposition === 'dead-letter');
    }
  };
  it('are refused by a code: not a picture, cut off, damaged, of a kind that no decoder should see', async () => {
    const png = await encoded(picture(page));
    const damaged = Buffer.from(png);
    damaged.fill(0x55, 60, 400);
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><image href="file:///etc/passwd"/></svg>');
    for (const input of [
      Buffer.alloc(0),
      Buffer.from('not a picture'),
      png.subarray(0, png.length / 2),
      png.subarray(0, 20),
      damaged,
      svg,
      Buffer.from('GIF89a'),
    ]) {
      await refused(input, 'IMAGE_INVALID');
    }
  });
  it('cost their header when they are bombs', async () => {
    const small = createImageTools({ maxPixels: 10_000, maxBytes: 5_000 });
    const bomb = await sharp({ create: { width: 3000, height: 3000, channels: 3, background: '#000' } })
      .png({ compressionLevel: 9 })
      .toBuffer();
    await refused(bomb, 'IMAGE_TOO_LARGE', createImageTools({ maxPixels: 8_000_000 }));
    await refused(await encoded(picture((x, y) => (x * y * 7919) % 251)), 'IMAGE_TOO_LARGE', small);
    const long = await sharp({ create: { width: 20_000, height: 2, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    await refused(long, 'IMAGE_TOO_LARGE');
  });
  it('never end in anything but a picture or one of the two codes', async () => {
    const png = await encoded(picture(page));
    await fc.assert(
      fc.asyncProperty(fc.nat(png.length - 1), fc.uint8Array({ minLength: 1, maxLength: 30 }), async (at, bytes) => {
        const broken = Buffer.from(png);
        broken.set(bytes.subarray(0, png.length - at), at);
        await tools.fingerprint(broken, []).catch((error: unknown) => assert.ok(hasCode(error, 'IMAGE_INVALID', 'IMAGE_TOO_LARGE')));
      }),
      { numRuns: 100 },
    );
  });
});
