import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stringSerde } from '../../schemas/serdes.ts';
import fc from 'fast-check';
import type { CaptureEvent, Screenshot } from '../../schemas/types/capture-event.ts';
import { createMemoryKeyring } from '../ports/memory-keyring.ts';
import { createSafeStage } from '../safe-stage.ts';
import { createGuideDriver } from '../test-support/guide-driver.ts';
import { sampleChunk, sampleEvents, type EventDraft } from '../test-support/sample-session.ts';
import type { SafeStage } from '../topology.ts';
import { memoryObjects, toolsOf } from './test-support/image-fakes.ts';

const shot: Screenshot = {
  ofSeq: 2, phase: 'before', sha256: 'ab12', sizeBytes: 3, mediaType: 'image/png', width: 200, height: 100, scale: 1, masks: [],
}; // prettier-ignore
const page = { url: 'https://app.example.com/u?mail=ann%40example.com', title: 'ann@example.com – Form' };
const mail = { role: 'textbox', name: 'Mail', ref: 'm', rect: { x: 10, y: 10, width: 50, height: 20 } };
const word = { role: 'textbox', name: 'Word', ref: 'w', protected: true };
const drafts: readonly EventDraft[] = [
  { kind: 'screenshot', screenshot: shot },
  { kind: 'click', page, target: mail, pointer: { x: 20, y: 20, button: 'left' } },
  { kind: 'input', page, target: mail, input: { valueClass: 'text', text: 'ann@example.com' } },
  { kind: 'input', page, target: word, input: { valueClass: 'secret', text: 'Zq7#canary-Xw91-hidden!!' } },
  { kind: 'click', page, target: { role: 'button', name: 'Write to ann@example.com', ref: 'b' }, pointer: { x: 5, y: 5, button: 'left' } },
  { kind: 'session.finished' },
];

/** phash-dedupe and redact as deployed, on a store of one test. */
function stageWith(objects: ReturnType<typeof memoryObjects>): SafeStage {
  const keyring = createMemoryKeyring('seed');
  return createSafeStage({ images: toolsOf('v1'), objects, originals: objects, keyring, concurrencyCount: 4, stateTtlMs: 86_400_000 });
}

describe('the chain with redaction', () => {
  it('writes no original to any output topic, and pictures only with their places covered', async () => {
    const objects = memoryObjects();
    objects.bodies.set('quarantine/t/s/ab12', Buffer.from('png'));
    const { driver, serdes, take } = await createGuideDriver({ safeStage: stageWith(objects) });
    await take(sampleChunk(sampleEvents(drafts, { redact: ['all'] })));
    const steps = await driver.output('guide.steps.v1', stringSerde, serdes['guide.steps.v1']).read();
    const sessions = await driver.output('guide.sessions.v1', stringSerde, serdes['guide.sessions.v1']).read();
    const guides = await driver.output('guide.finished.v1', stringSerde, serdes['guide.finished.v1']).read();
    const written = JSON.stringify([steps, sessions, guides].map((records) => records.map(({ key, value }) => ({ key, value }))));
    assert.doesNotMatch(written, /ann@|ann%40|canary|Zq7/);
    const guide = guides.at(-1)?.value;
    assert.deepEqual(
      guide?.steps.map((step) => [step.kind, step.target.name, step.value]),
      [
        ['type', 'Mail', '[e-mail]'],
        ['secret', 'Word', undefined],
        ['click', 'Write to [e-mail]', undefined],
      ],
    );
    const full = objects.bodies.get(guide?.steps[0]?.image?.fullKey ?? '');
    assert.equal(full?.toString(), 'v1 [{"x":8,"y":8,"width":54,"height":24}]');
    assert.ok(guide?.redactions.some(({ kind, count }) => kind === 'e-mail' && count > 0));
    await driver.close();
  });

  it('gives byte-equal guides and the same pictures for any batching, a field that turned into a password field included (T1)', async () => {
    const turning: readonly EventDraft[] = [
      ...drafts.slice(0, 3),
      { kind: 'input', page, target: { ...mail, ref: 'p', name: 'Hint' }, input: { valueClass: 'text', text: 'tiger-lily' } },
      {
        kind: 'click',
        page: { ...page, title: 'Saw tiger-lily' },
        target: { role: 'button', name: 'Show', ref: 's' },
        pointer: { x: 5, y: 5, button: 'left' },
      },
      { kind: 'input', page, target: { ...mail, ref: 'p', name: 'Hint', protected: true }, input: { valueClass: 'secret' } },
      {
        kind: 'click',
        page: { ...page, title: 'Saw tiger-lily' },
        target: { role: 'button', name: 'Save', ref: 'b' },
        pointer: { x: 5, y: 5, button: 'left' },
      },
      { kind: 'session.finished' },
    ];
    const events = sampleEvents(turning, { redact: ['all'] });
    const whole = await outcomeOf([events]);
    assert.doesNotMatch(whole, /ann@/);
    assert.match(whole, /Saw \[password\]/);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 9 }), async (sizes) => {
        assert.equal(await outcomeOf(batches(events, sizes)), whole);
      }),
      { numRuns: 12 },
    );
  });
});

/** The last guide and the names of all pictures, after these chunks. */
async function outcomeOf(chunks: readonly (readonly CaptureEvent[])[]): Promise<string> {
  const objects = memoryObjects();
  objects.bodies.set('quarantine/t/s/ab12', Buffer.from('png'));
  const { driver, serdes, take } = await createGuideDriver({ safeStage: stageWith(objects) });
  for (const chunk of chunks) await take(sampleChunk(chunk));
  const guides = await driver.output('guide.finished.v1', stringSerde, serdes['guide.finished.v1']).read();
  await driver.close();
  return JSON.stringify([[...objects.bodies.keys()].sort(), guides.at(-1)?.value]);
}

/** `events` cut into chunks of these sizes, again and again. */
function batches(events: readonly CaptureEvent[], sizes: readonly number[]): readonly (readonly CaptureEvent[])[] {
  const chunks: CaptureEvent[][] = [];
  for (let at = 0; at < events.length;) {
    const size = sizes[chunks.length % sizes.length] ?? 1;
    chunks.push(events.slice(at, at + size));
    at += size;
  }
  return chunks;
}
