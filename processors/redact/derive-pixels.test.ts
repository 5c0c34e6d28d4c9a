import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import type { Rect } from '../../schemas/types/capture-event.ts';
import { createImageTools } from '../adapters/images/image-tools.ts';
import type { SafeStep, SessionInfo } from '../model.ts';
import { createMemoryKeyring } from '../ports/memory-keyring.ts';
import { createImageStage } from './derive-images.ts';
import { planImage } from './image-plan.ts';
import { memoryObjects } from './test-support/image-fakes.ts';

const [width, height] = [320, 200];
const session: SessionInfo = {
  tenantId: 'acme', sessionId: 's1', openedAtMs: 0,
  policy: { policyId: 'p', version: 1, redact: [], mode: 'mask', idleAfterMs: 1, maxEvents: 1, modelTitles: false },
}; // prettier-ignore
const safe: SafeStep = {
  stepId: 'a', revision: { ordinal: 1, timer: 0, final: true }, state: 'final', order: 1, kind: 'secret', atMs: 1, target: { name: 'Word', role: 'textbox' },
  redactions: [],
}; // prettier-ignore
/** CSS pixels at a scale of 2; the middle one is where the click is, so crop and annotation show it. */
const masks: readonly Rect[] = [
  { x: 3.3, y: 5.5, width: 40, height: 12 },
  { x: 70, y: 45, width: 60, height: 14 },
  { x: 150, y: 90, width: 40, height: 40 },
];
const marks = { masks: [], click: { x: 100, y: 52 }, highlight: { x: 70, y: 45, width: 60, height: 14 } };

/** A picture of noise, drawn anew inside the rectangles with `secret`. */
async function pictureWith(secret: number): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 3);
  for (let index = 0; index < pixels.length; index += 1) {
    const [x, y] = [Math.floor(index / 3) % width, Math.floor(index / 3 / width)];
    const isSecret = masks.some(
      (rect) => x >= rect.x * 2 && x < (rect.x + rect.width) * 2 && y >= rect.y * 2 && y < (rect.y + rect.height) * 2,
    );
    pixels[index] = (index * (isSecret ? secret : 7919) + (index >> 3) * 31) & 255;
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** Derivatives by the end of their key, of one original under one plan. */
async function derivativesOf(original: Buffer, covered: readonly Rect[]): Promise<ReadonlyMap<string, Buffer>> {
  const objects = memoryObjects();
  objects.bodies.set('quarantine/acme/s1/ab12', original);
  const plan = planImage(
    {
      ofSeq: 1,
      phase: 'before',
      sha256: 'ab12',
      sizeBytes: original.length,
      mediaType: 'image/png',
      width,
      height,
      scale: 2,
      masks: covered,
    },
    marks,
  );
  assert.ok(plan !== undefined);
  const stage = createImageStage({ images: createImageTools(), objects, originals: objects, keyring: createMemoryKeyring('seed') });
  await stage.map({ value: { type: 'step', session, step: safe, plan } });
  return new Map(
    [...objects.bodies].flatMap(([key, body]) =>
      /\.(?:full|thumb|crop|marked)\.webp$/.test(key) ? [[key.split('.').at(-2) ?? '', body]] : [],
    ),
  );
}

describe('covered places', () => {
  it('leave no trace of what was there in any derivative: two originals that differ there only become the same bytes', async () => {
    const [one, other] = [await pictureWith(13), await pictureWith(201)];
    assert.notDeepEqual(one, other);
    const [fromOne, fromOther] = [await derivativesOf(one, masks), await derivativesOf(other, masks)];
    assert.deepEqual([...fromOne.keys()].sort(), ['crop', 'full', 'marked', 'thumb']);
    for (const [what, body] of fromOne) assert.deepEqual(body, fromOther.get(what), what);
  });

  it('are what makes them so: uncovered, the same two originals differ in every derivative', async () => {
    const [fromOne, fromOther] = [await derivativesOf(await pictureWith(13), []), await derivativesOf(await pictureWith(201), [])];
    for (const [what, body] of fromOne) assert.notDeepEqual(body, fromOther.get(what), what);
  });
});
