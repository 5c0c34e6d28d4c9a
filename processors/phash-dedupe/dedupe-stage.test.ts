import assert from 'node:assert/strict';
import { it } from 'node:test';
import sharp from 'sharp';
import { jsonSerde, bufferSerde, stringSerde } from '../../schemas/serdes.ts';
import type { Screenshot } from '../../schemas/types/capture-event.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import { createTopologyBuilder } from '../../topology/builder/topology-builder.ts';
import { createTopologyTestDriver } from '../../topology/testing/topology-test-driver.ts';
import { createImageTools } from '../adapters/images/image-tools.ts';
import type { ImagedMessage, RedactedMessage, SafeStep, SessionInfo } from '../model.ts';
import { addDedupeStage } from './dedupe-stage.ts';
import type { DedupeSession } from './dedupe-state.ts';
import { createFingerprintStage } from './fingerprint-stage.ts';
import { createApplication, drawPage, firstShot, pageHeight, pageWidth } from './test-support/page-pictures.ts';
import type { Picture } from './test-support/page-pictures.ts';

const policy = { policyId: 'p', version: 1, redact: [], mode: 'mask' as const, idleAfterMs: 1, maxEvents: 1, modelTitles: false };
const session: SessionInfo = { tenantId: 't', sessionId: 's', openedAtMs: 0, policy };

function shotOf(sha256: string): Screenshot {
  return {
    ofSeq: 1,
    phase: 'before',
    sha256,
    sizeBytes: 1,
    mediaType: 'image/png',
    width: pageWidth,
    height: pageHeight,
    scale: 1,
    masks: [],
  };
}

function step(stepId: string, { shot, ...change }: Partial<SafeStep> & { readonly shot?: Screenshot } = {}): RedactedMessage {
  const safe: SafeStep = {
    stepId,
    revision: { ordinal: 1, timer: 0, final: false },
    state: 'provisional',
    order: 1,
    kind: 'click',
    atMs: 0,
    target: { name: '', role: '' },
    redactions: [],
    ...change,
  };
  return { type: 'step', session, step: safe, ...(shot === undefined ? {} : { picture: { shot, hidden: [], places: [] } }) };
}

function png({ width, height, pixels }: Picture): Promise<Buffer> {
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

async function originalsWith(pictures: Readonly<Record<string, Picture | Buffer>>): Promise<Map<string, Buffer>> {
  const bodies = new Map<string, Buffer>();
  for (const [sha256, picture] of Object.entries(pictures)) {
    bodies.set(`quarantine/t/s/${sha256}`, Buffer.isBuffer(picture) ? picture : await png(picture));
  }
  return bodies;
}

/** Runs drafts through both nodes on the engine. */
async function run(drafts: readonly RedactedMessage[], bodies: ReadonlyMap<string, Buffer>): Promise<readonly ImagedMessage[]> {
  const builder = createTopologyBuilder('pictures');
  const from = builder.source('drafts', { topic: 'drafts', key: stringSerde, value: jsonSerde<RedactedMessage>() });
  const imaged = addDedupeStage(builder, from, {
    serdes: { session: jsonSerde<DedupeSession>(), tiles: bufferSerde, step: jsonSerde<RedactedMessage>() },
    ttlMs: 86_400_000,
    images: { images: createImageTools(), originals: { get: async (key) => bodies.get(key) } },
  });
  builder.sink('imaged', { from: imaged, topic: 'imaged', key: stringSerde, value: jsonSerde<ImagedMessage>() });
  const driver = await createTopologyTestDriver({ topology: builder.build() });
  await driver.input('drafts', stringSerde, jsonSerde<RedactedMessage>()).pipeAll(drafts.map((value) => ({ key: 't/s', value })));
  const output = driver.output('imaged', stringSerde, jsonSerde<ImagedMessage>());
  const imagedMessages: ImagedMessage[] = [];
  // Pictures are decoded on other threads: the loop has to be let go for their answers to come in.
  while (imagedMessages.length < drafts.length) {
    await driver.run();
    imagedMessages.push(...(await output.read()).flatMap(({ value }) => value ?? []));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await driver.close();
  return imagedMessages;
}

function shown(messages: readonly ImagedMessage[]): readonly (readonly [string, string | undefined, string | undefined])[] {
  return messages.flatMap((message) =>
    message.type === 'step' ? [[message.step.stepId, message.chosen?.shot.sha256, message.chosen?.sharedWithStepId] as const] : [],
  );
}

it('shares pictures of one page among steps, keeps every step in order, and gives a revision the answer of before', async () => {
  const application = createApplication(7);
  const [list, , , , next] = application.pages;
  assert.ok(list !== undefined && next !== undefined);
  const bodies = await originalsWith({
    list: drawPage(application, list, firstShot),
    later: drawPage(application, list, { ...firstShot, minute: 650, isCaretOn: false }),
    next: drawPage(application, next, firstShot),
  });
  const drafts = [
    step('a', { shot: shotOf('list') }),
    step('b', { shot: shotOf('later') }),
    step('c', { shot: shotOf('next') }),
    step('b', { shot: shotOf('later'), state: 'final' }),
    step('d', { state: 'removed' }),
    step('e'),
  ];
  assert.deepEqual(shown(await run(drafts, bodies)), [
    ['a', 'list', undefined],
    ['b', 'list', 'a'],
    ['c', 'next', undefined],
    ['b', 'list', 'a'],
    ['d', undefined, undefined],
    ['e', undefined, undefined],
  ]);
});

it('lets a step with a missing or broken picture go on with its own, compared with nothing', async () => {
  const bodies = await originalsWith({ broken: Buffer.from('no picture') });
  const drafts = [step('a', { shot: shotOf('missing') }), step('b', { shot: shotOf('broken') }), step('c', { shot: shotOf('broken') })];
  assert.deepEqual(shown(await run(drafts, bodies)), [
    ['a', 'missing', undefined],
    ['b', 'broken', undefined],
    ['c', 'broken', undefined],
  ]);
});

it('looks at a picture once for all revisions of a step, and again after a failure that may pass', async () => {
  let getCount = 0;
  const failures = [new StepwrightError('OBJECT_STORE_FAILED', 'Not now.', { disposition: 'retry' })];
  const picture = await png({ width: 20, height: 20, pixels: Buffer.alloc(1200, 9) });
  const stage = createFingerprintStage({
    images: createImageTools(),
    originals: {
      get: async () => {
        getCount++;
        const failure = failures.pop();
        if (failure !== undefined) throw failure;
        return picture;
      },
    },
  });
  const value = step('a', { shot: shotOf('x') });
  await assert.rejects(stage.map({ value }));
  const [first, second] = await Promise.all([stage.map({ value }), stage.map({ value })]);
  assert.deepEqual(first, second);
  assert.equal(getCount, 2);
  assert.equal(stage.bypass({ value }), undefined);
});
