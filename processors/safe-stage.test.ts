import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isNewer } from '../schemas/revision.ts';
import { stringSerde } from '../schemas/serdes.ts';
import type { CaptureChunk, CaptureEvent, Screenshot } from '../schemas/types/capture-event.ts';
import type { Guide, StepUpsert } from '../schemas/types/guide.ts';
import { createMemoryBackendFactory } from '../state/memory/memory-backend.ts';
import { createMemoryLog } from '../topology/log/memory/memory-log.ts';
import type { TestDriverOptions } from '../topology/testing/topology-test-driver.ts';
import { createMemoryKeyring } from './ports/memory-keyring.ts';
import type { Keyring } from './ports/keyring.ts';
import { memoryObjects, toolsOf } from './redact/test-support/image-fakes.ts';
import { createSafeStage } from './safe-stage.ts';
import { createGuideDriver, type GuideDriver } from './test-support/guide-driver.ts';
import { holdImages, type HeldImages } from './test-support/held-images.ts';
import { sampleChunk, sampleEvents, sampleOpenedAtMs, type EventDraft } from './test-support/sample-session.ts';

const page = { url: 'https://app.example.com/u', title: 'Form' };
const rect = { x: 10, y: 10, width: 50, height: 20 };

function shot(ofSeq: number, sha256: string): EventDraft {
  const screenshot: Screenshot = {
    ofSeq, phase: 'before', sha256, sizeBytes: 3, mediaType: 'image/png', width: 200, height: 100, scale: 1, masks: [],
  }; // prettier-ignore
  return { kind: 'screenshot', screenshot };
}

function click(name: string): EventDraft {
  return { kind: 'click', page, target: { role: 'button', name, ref: name, rect }, pointer: { x: 20, y: 20, button: 'left' } };
}

function typed(text: string | undefined): EventDraft {
  const isSecret = text === undefined;
  const target = { role: 'textbox', name: 'Hint', ref: 'p', rect, ...(isSecret ? { protected: true } : {}) };
  return { kind: 'input', page, target, input: isSecret ? { valueClass: 'secret' } : { valueClass: 'text', text } };
}

interface Stage extends GuideDriver {
  readonly held: HeldImages;
  readonly objects: ReturnType<typeof memoryObjects>;
  steps(): Promise<readonly StepUpsert[]>;
  guides(): Promise<readonly Guide[]>;
}

/** The whole chain; pictures wait until they are released. */
async function stage(
  objects = memoryObjects(),
  keyring: Keyring = createMemoryKeyring('seed'),
  driverOptions: Partial<TestDriverOptions> = {},
): Promise<Stage> {
  for (const sha256 of ['aa', 'bb', 'cc']) objects.bodies.set(`quarantine/t/s/${sha256}`, Buffer.from(sha256));
  const held = holdImages(toolsOf('v1'));
  const safeStage = createSafeStage({
    images: held.tools,
    objects,
    originals: objects,
    keyring,
    concurrencyCount: 4,
    stateTtlMs: 86_400_000,
  });
  const guideDriver = await createGuideDriver({ safeStage, keyring }, driverOptions);
  const { driver, serdes } = guideDriver;
  const steps = driver.output('guide.steps.v1', stringSerde, serdes['guide.steps.v1']);
  const guides = driver.output('guide.finished.v1', stringSerde, serdes['guide.finished.v1']);
  const valuesOf = <T>(records: readonly { readonly value: T | null }[]): readonly T[] => records.flatMap(({ value }) => value ?? []);
  return {
    ...guideDriver,
    held,
    objects,
    steps: async () => valuesOf(await steps.read()),
    guides: async () => valuesOf(await guides.read()),
  };
}

/** What a view holds after these upserts. */
function viewOf(upserts: readonly StepUpsert[]): readonly StepUpsert[] {
  const rows = new Map<string, StepUpsert>();
  for (const step of upserts) if (isNewer(step.revision, rows.get(step.stepId)?.revision)) rows.set(step.stepId, step);
  return [...rows.values()].sort((a, b) => a.order - b.order);
}

describe('words of a step whose picture is still to be made', () => {
  it('leave at once and say that a picture follows; it follows in a higher revision, and the guide waits for it (T4)', async () => {
    const { take, driver, held, steps, guides } = await stage();
    await take(sampleChunk(sampleEvents([click('Save'), shot(1, 'aa'), click('Close'), { kind: 'session.finished' }])));
    await driver.run();
    const before = await steps();
    const ahead = viewOf(before);
    assert.deepEqual(
      ahead.map(({ target, imagePending, image, revision }) => [target.name, imagePending, image, revision.ahead]),
      [
        ['Save', true, undefined, true],
        ['Close', undefined, undefined, true],
      ],
    );
    assert.deepEqual(await guides(), []);
    held.releaseAll();
    await driver.settle();
    const whole = viewOf([...before, ...(await steps())]);
    assert.deepEqual(
      whole.map(({ target, imagePending, image, revision }) => [target.name, imagePending, image?.width, revision.ahead]),
      [
        ['Save', undefined, 200, undefined],
        ['Close', undefined, undefined, undefined],
      ],
    );
    assert.deepEqual(
      (await guides()).map((guide) => guide.steps.map(({ image }) => image?.width)),
      [[200, undefined]],
    );
    await driver.close();
  });

  it('are not sent twice when nothing waits', async () => {
    const { take, driver, steps } = await stage();
    await take(sampleChunk(sampleEvents([click('Save'), click('Close'), { kind: 'session.finished' }])));
    await driver.run();
    const sent = await steps();
    assert.ok(sent.length > 0);
    assert.deepEqual(
      sent.filter(({ revision }) => revision.ahead === true),
      [],
    );
    await driver.close();
  });

  it('keep the picture that the step shows already when a later revision asks for the same', async () => {
    const { take, driver, held, steps } = await stage();
    const inHold = { ...shot(1, 'aa'), atMs: sampleOpenedAtMs + 1_200 };
    await take(sampleChunk(sampleEvents([click('Save'), inHold])));
    while (held.waitingCount() > 0) {
      held.release(0);
      await new Promise(setImmediate);
      await driver.run();
    }
    assert.equal(viewOf(await steps())[0]?.image?.width, 200);
    // The hold is over: the step becomes final, with the picture it has.
    await take(sampleChunk(sampleEvents([click('Save'), inHold, click('Close')]).slice(3)));
    await driver.run();
    const saves = (await steps()).filter(({ target }) => target.name === 'Save');
    assert.ok(saves.length > 0);
    for (const save of saves) assert.deepEqual([save.image?.width, save.imagePending], [200, undefined]);
    held.releaseAll();
    await driver.settle();
    await driver.close();
  });

  it('are redacted, and what was taken back ahead does not come again with its picture (G5)', async () => {
    const { take, driver, held, steps } = await stage();
    const before = sampleEvents([typed('tiger-lily'), shot(1, 'aa'), click('Write to ann@example.com')], { redact: ['all'] });
    await take(sampleChunk(before));
    await driver.run();
    const first = await steps();
    assert.doesNotMatch(JSON.stringify(first), /ann@/);
    assert.match(JSON.stringify(first), /tiger-lily/, 'nobody can know yet');
    const after = sampleEvents([typed('tiger-lily'), shot(1, 'aa'), click('Write to ann@example.com'), typed(undefined)], {
      redact: ['all'],
    });
    await take(sampleChunk(after.slice(4)));
    await driver.run();
    held.releaseAll();
    await driver.settle();
    const later = await steps();
    assert.ok(later.some(({ image }) => image !== undefined));
    assert.doesNotMatch(JSON.stringify(later), /tiger-lily|ann@/);
    await driver.close();
  });

  it('rise in revision step by step, and guides, pictures and views are the same for any order, batching and kill (T1, T4)', async () => {
    const drafts: readonly EventDraft[] = [
      click('One'), shot(1, 'aa'), typed('tiger-lily'), shot(3, 'bb'), click('Two'), shot(5, 'cc'), typed(undefined), click('Three'), shot(8, 'aa'),
      { kind: 'session.finished' },
    ]; // prettier-ignore
    const events = sampleEvents(drafts, { redact: ['all'] });
    const plain = await outcomeOf(events, { sizes: [100], releases: [], killAfter: -1 });
    assert.match(plain, /"width":200/);
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          sizes: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 }),
          releases: fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 12 }),
          killAfter: fc.integer({ min: -1, max: 6 }),
        }),
        async (schedule) => assert.equal(await outcomeOf(events, schedule), plain),
      ),
      { numRuns: 20 },
    );
  });
});

interface Schedule {
  readonly sizes: readonly number[];
  /** Which waiting picture is made after a chunk; none when the list is shorter. */
  readonly releases: readonly number[];
  /** The process dies behind this chunk; -1: never. */
  readonly killAfter: number;
}

/** Last guide, view and pictures. */
async function outcomeOf(events: readonly CaptureEvent[], { sizes, releases, killAfter }: Schedule): Promise<string> {
  const objects = memoryObjects();
  const kept = { log: createMemoryLog(), backend: createMemoryBackendFactory() };
  const keyring = createMemoryKeyring('seed');
  let current = await stage(objects, keyring, kept);
  const steps: StepUpsert[] = [];
  const guides: Guide[] = [];
  for (const [index, chunk] of chunksOf(events, sizes).entries()) {
    await current.take(chunk);
    const release = releases[index];
    if (release !== undefined) current.held.release(release);
    await new Promise(setImmediate);
    await current.driver.run();
    if (index !== killAfter) continue;
    steps.push(...(await current.steps()));
    guides.push(...(await current.guides()));
    await current.driver.kill();
    current = await stage(objects, keyring, kept);
  }
  current.held.releaseAll();
  await current.driver.settle();
  steps.push(...(await current.steps()));
  guides.push(...(await current.guides()));
  await current.driver.close();
  assertRising(steps);
  const images = [...objects.bodies.keys()].filter((key) => key.startsWith('images/')).sort();
  return JSON.stringify([guides.at(-1), viewOf(steps), images]);
}

function assertRising(steps: readonly StepUpsert[]): void {
  const last = new Map<string, StepUpsert>();
  for (const step of steps) {
    assert.ok(isNewer(step.revision, last.get(step.stepId)?.revision), `${step.stepId} went back to ${JSON.stringify(step.revision)}`);
    last.set(step.stepId, step);
  }
}

function chunksOf(events: readonly CaptureEvent[], sizes: readonly number[]): readonly CaptureChunk[] {
  const chunks: CaptureChunk[] = [];
  for (let at = 0; at < events.length;) {
    const size = sizes[chunks.length % sizes.length] ?? 1;
    chunks.push(sampleChunk(events.slice(at, at + size)));
    at += size;
  }
  return chunks;
}
