import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { SafeStep, SessionInfo } from '../model.ts';
import { createMemoryKeyring } from '../ports/memory-keyring.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { createImageStage } from './derive-images.ts';
import { memoryObjects, toolsOf } from './test-support/image-fakes.ts';
import type { ImagePlan, PlannedMessage } from './image-plan.ts';

const session: SessionInfo = {
  tenantId: 'acme', sessionId: 's1', openedAtMs: 0,
  policy: { policyId: 'p', version: 1, redact: [], mode: 'mask', idleAfterMs: 1, maxEvents: 1, modelTitles: false },
}; // prettier-ignore
const safe: SafeStep = {
  stepId: 'a', revision: { ordinal: 1, timer: 0, final: true }, state: 'final', order: 1, kind: 'click', atMs: 1, target: { name: 'Save', role: 'button' },
  redactions: [],
}; // prettier-ignore
const plan: ImagePlan = {
  sourceSha256: 'ab12', width: 200, height: 100, masks: [{ x: 10, y: 10, width: 50, height: 20 }], click: { x: 30, y: 40 },
  highlight: { x: 20, y: 30, width: 20, height: 20 },
}; // prettier-ignore

function stageWith(version = 'v1', objects = memoryObjects()) {
  const calls: string[] = [];
  const keyring = createMemoryKeyring('seed');
  objects.bodies.set('quarantine/acme/s1/ab12', Buffer.from('original'));
  const stage = createImageStage({ images: toolsOf(version, calls), objects, originals: objects, keyring });
  const made = async (some: ImagePlan) => {
    const message: PlannedMessage = { type: 'step', session, step: safe, plan: some };
    const out = await stage.map({ value: message });
    assert.ok(out.type === 'step');
    return out.step;
  };
  return { stage, made, objects, calls, keyring };
}

const images = (objects: { readonly bodies: Map<string, Buffer> }) =>
  [...objects.bodies.keys()].filter((key) => key.startsWith('images/')).sort();

describe('the image stage', () => {
  it('stores full picture, thumbnail, crop and annotation under the session and says where they are', async () => {
    const { made, objects } = stageWith();
    const { image, imageMissing } = await made(plan);
    assert.equal(imageMissing, undefined);
    assert.deepEqual([image?.width, image?.height, image?.click, image?.highlight], [200, 100, plan.click, plan.highlight]);
    for (const key of [image?.fullKey, image?.thumbnailKey, image?.cropKey, image?.annotatedKey]) {
      assert.match(key ?? '', /^images\/acme\/s1\/[0-9a-f]{40}\.(?:full|thumb|crop|marked)\.(?:webp|png)$/);
      assert.ok(objects.bodies.has(key ?? ''));
    }
  });

  it('gives the same answer again without decoding, and first write wins', async () => {
    const { made, objects, calls } = stageWith();
    const first = await made(plan);
    const before = new Map(objects.bodies);
    assert.deepEqual(await made(plan), first);
    assert.deepEqual(calls, ['v1']);
    assert.deepEqual(objects.bodies, before);
  });

  it('after a crash between two writes gives the same objects as without one', async () => {
    const whole = stageWith();
    const expected = await whole.made(plan);
    for (const lost of images(whole.objects)) {
      const { made, objects } = stageWith();
      await made(plan);
      objects.bodies.delete(images(objects).find((key) => key.endsWith('.json')) ?? '');
      objects.bodies.delete(lost);
      assert.deepEqual(await made(plan), expected);
      assert.deepEqual(images(objects), images(whole.objects));
    }
  });

  it('shares what is equal: other marks share the full picture, other masks share nothing', async () => {
    const { made } = stageWith();
    const [one, otherMark, otherMask] = [
      await made(plan),
      await made({ ...plan, click: { x: 1, y: 1 } }),
      await made({ ...plan, masks: [] }),
    ].map((step) => step.image);
    assert.equal(one?.imageId, otherMark?.imageId);
    assert.equal(one?.fullKey, otherMark?.fullKey);
    assert.notEqual(one?.cropKey, otherMark?.cropKey);
    assert.notEqual(one?.fullKey, otherMask?.fullKey);
  });

  it('names images so that nobody can guess them: another scope key, another name', async () => {
    const one = stageWith();
    const stage = createImageStage({
      images: toolsOf('v1'),
      objects: one.objects,
      originals: one.objects,
      keyring: createMemoryKeyring('other'),
    });
    const out = await stage.map({ value: { type: 'step', session, step: safe, plan } });
    assert.ok(out.type === 'step');
    assert.notEqual(out.step.image?.fullKey, (await one.made(plan)).image?.fullKey);
  });

  it('reuses a stored redaction when the original has expired, when it covers what is to be covered, and says so', async () => {
    const live = stageWith('v1');
    const { image } = await live.made(plan);
    const replay = stageWith('v2', live.objects);
    live.objects.bodies.delete('quarantine/acme/s1/ab12');
    const again = await replay.made({ ...plan, masks: [{ x: 12, y: 12, width: 10, height: 10 }] });
    assert.equal(again.image?.fullKey, image?.fullKey);
    assert.match(again.imageMissing ?? '', /expired/);
    const more = await replay.made({ ...plan, masks: [{ x: 100, y: 60, width: 10, height: 10 }] });
    assert.equal(more.image, undefined);
    assert.match(more.imageMissing ?? '', /expired/);
  });

  it('costs the picture and never the step: no original, no picture, another size, a deleted session', async () => {
    const { made, objects, keyring } = stageWith();
    const source = 'quarantine/acme/s1/ab12';
    for (const [body, reason] of [
      ['garbage', /not a picture/],
      ['other size', /another size/],
    ] as const) {
      objects.bodies.set(source, Buffer.from(body));
      const { image, imageMissing } = await made(plan);
      assert.equal(image, undefined);
      assert.match(imageMissing ?? '', reason);
    }
    objects.bodies.delete(source);
    assert.match((await made(plan)).imageMissing ?? '', /never stored/);
    await keyring.destroy('acme/s1');
    assert.match((await made(plan)).imageMissing ?? '', /deleted/);
    assert.deepEqual(images(objects), []);
  });

  it('leaves no picture of a session that is forgotten while it is made, whenever that happens', async () => {
    const whole = stageWith();
    await whole.made(plan);
    const writeCount = images(whole.objects).length;
    for (let forgottenAt = 0; forgottenAt <= writeCount; forgottenAt += 1) {
      const { objects, keyring } = stageWith();
      let putCount = 0;
      const forgetAt = async (count: number): Promise<void> => {
        if (count !== forgottenAt) return;
        await keyring.destroy('acme/s1');
        for (const key of images(objects)) objects.bodies.delete(key);
      };
      const tools = toolsOf('v1');
      const stage = createImageStage({
        images: { ...tools, derive: async (...args) => (await forgetAt(0), tools.derive(...args)) },
        objects: {
          ...objects,
          put: async (...args) => {
            await forgetAt((putCount += 1));
            return objects.put(...args);
          },
        },
        originals: objects,
        keyring,
      });
      const out = await stage.map({ value: { type: 'step', session, step: safe, plan } });
      assert.ok(out.type === 'step');
      assert.deepEqual([images(objects), out.step.image], [[], undefined], `forgotten at write ${forgottenAt}`);
      assert.match(out.step.imageMissing ?? '', /deleted/);
    }
  });

  it('lets an error of the store through, for the runtime to retry', async () => {
    const { objects } = stageWith();
    const failing: ObjectStore = {
      ...objects,
      put: () => Promise.reject(new StepwrightError('OBJECT_STORE_FAILED', 'disk', { disposition: 'retry' })),
    };
    const stage = createImageStage({ images: toolsOf('v1'), objects: failing, originals: objects, keyring: createMemoryKeyring('seed') });
    await assert.rejects(stage.map({ value: { type: 'step', session, step: safe, plan } }), { code: 'OBJECT_STORE_FAILED' });
  });

  it('passes what needs no picture by', () => {
    const { stage } = stageWith();
    assert.deepEqual(stage.bypass({ value: { type: 'step', session, step: safe } }), { type: 'step', session, step: safe });
    assert.equal(stage.bypass({ value: { type: 'step', session, step: safe, plan } }), undefined);
  });
});
