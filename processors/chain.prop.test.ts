import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CaptureChunk, CaptureEvent, Target } from '../schemas/types/capture-event.ts';
import { PureChain } from './test-support/pure-chain.ts';
import { sampleChunk, sampleEvents, sampleOpenedAtMs, type EventDraft } from './test-support/sample-session.ts';

const targets: readonly Target[] = [
  { role: 'button', name: 'Save', ref: 'b' },
  { role: 'textbox', name: 'City', ref: 'c', tag: 'input:text' },
  { role: 'textbox', name: 'Password', ref: 'p', protected: true },
  { role: 'checkbox', name: 'cards', ref: 'k' },
  { role: 'combobox', name: 'Class', ref: 'l', tag: 'select' },
  { role: 'option', name: 'Bunny', ref: 'o', tag: 'option' },
  { role: 'generic', name: '' },
];
const target = fc.constantFrom(...targets);
const pointer = fc.record({
  x: fc.integer({ min: 0, max: 3 }),
  y: fc.constant(1),
  button: fc.constant('left' as const),
  clickCount: fc.integer({ min: 0, max: 3 }),
});

/** Anything an agent may send, in any order: rules meet events they do not expect. */
const draft: fc.Arbitrary<EventDraft> = fc.oneof(
  fc.record({ kind: fc.constantFrom('pointer.down', 'pointer.up', 'click', 'context.menu'), target, pointer }),
  fc.record({ kind: fc.constant('drag'), target, pointer, drag: fc.record({ x: fc.integer({ min: 0, max: 90 }), y: fc.constant(1) }) }),
  fc.record({
    kind: fc.constantFrom('input', 'change'),
    target,
    input: fc.record({
      valueClass: fc.constantFrom('text', 'secret', 'choice', 'boolean', 'empty'),
      text: fc.constantFrom('a', 'ab', 'Bunny'),
      checked: fc.boolean(),
    }),
  }),
  fc.record({ kind: fc.constant('key.down'), target, key: fc.record({ key: fc.constantFrom('Enter', 'Tab', 'k', ' ') }) }),
  fc.record({
    kind: fc.constant('navigation'),
    navigation: fc.record({
      url: fc.constantFrom('https://a.example/', 'https://b.example/'),
      cause: fc.constantFrom('link', 'typed', 'spa'),
    }),
  }),
  fc.record({ kind: fc.constant('screenshot'), screenshot: fc.nat({ max: 40 }).chain((ofSeq) => screenshotOf(ofSeq)) }),
  fc.record({
    kind: fc.constantFrom('undo', 'marker', 'scroll', 'blur', 'session.paused', 'session.resumed', 'session.finished', 'unknown'),
  }),
);

function screenshotOf(ofSeq: number) {
  const picture = {
    ofSeq,
    sha256: 'a'.repeat(64),
    sizeBytes: 1,
    mediaType: 'image/png',
    width: 1,
    height: 1,
    scale: 1,
    masks: [],
  } as const;
  return fc.constantFrom('before', 'after').map((phase) => ({ ...picture, phase }));
}

const recording = fc.array(fc.tuple(draft, fc.integer({ min: 0, max: 900 })), { maxLength: 40 }).map((entries) => {
  let atMs = sampleOpenedAtMs;
  const drafts = entries.map(([event, afterMs]) => ({ ...event, atMs: (atMs += afterMs) }));
  return sampleEvents([...drafts, { kind: 'session.finished', atMs: atMs + 1 }]);
});

/** How events arrive: each at most eight places late, some twice, in chunks of these sizes. */
const arrival = fc.record({
  delays: fc.array(fc.nat({ max: 8 }), { minLength: 45, maxLength: 45 }),
  again: fc.array(fc.nat({ max: 45 }), { maxLength: 10 }),
  sizes: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 }),
});
type Arrival = typeof arrival extends fc.Arbitrary<infer T> ? T : never;

function chunksOf(events: readonly CaptureEvent[], sessionId: string, how: Arrival): CaptureChunk[] {
  const placed = events.map((event, index) => ({ event, at: index + (how.delays[index] ?? 0) })).sort((a, b) => a.at - b.at);
  const arrived = [...placed.map(({ event }) => event), ...how.again.flatMap((index) => events.slice(index, index + 1))];
  const chunks: CaptureChunk[] = [];
  for (let at = 0, turn = 0; at < arrived.length; turn += 1) {
    const size = how.sizes[turn % how.sizes.length] ?? 1;
    chunks.push(sampleChunk(arrived.slice(at, at + size), { sessionId }));
    at += size;
  }
  return chunks;
}

function guideOf(chain: PureChain, sessionId: string): string | undefined {
  return JSON.stringify(chain.guides().get(sessionId));
}

test('T1: chunks, duplicates, order inside the window and other sessions in between change no byte of a final guide', () => {
  fc.assert(
    fc.property(recording, recording, arrival, arrival, (one, other, howOne, howOther) => {
      const plain = new PureChain();
      plain.take(sampleChunk(one, { sessionId: 's1' }));
      plain.take(sampleChunk(other, { sessionId: 's2' }));
      const mixed = new PureChain();
      const queues = [chunksOf(one, 's1', howOne), chunksOf(other, 's2', howOther)];
      for (let turn = 0; queues.some((queue) => turn < queue.length); turn += 1) {
        for (const queue of queues) for (const chunk of queue.slice(turn, turn + 1)) mixed.take(chunk);
      }
      for (const id of ['s1', 's2']) {
        assert.ok(guideOf(plain, id) !== undefined);
        assert.equal(guideOf(mixed, id), guideOf(plain, id));
      }
    }),
    { numRuns: 300 },
  );
});

test('the view that watchers end with holds the steps of the guide, and no step shows a secret', () => {
  fc.assert(
    fc.property(recording, (events) => {
      const chain = new PureChain();
      for (const event of events) chain.take(sampleChunk([event]));
      const guide = chain.guides().get('s');
      assert.deepEqual(
        guide?.steps.map((step) => [step.stepId, step.title, step.value]),
        chain.view().map((step) => [step.stepId, step.title, step.value]),
      );
      for (const step of guide?.steps ?? []) if (step.kind === 'secret') assert.equal(step.value, undefined);
    }),
    { numRuns: 300 },
  );
});

test('T4: revisions of a step, a session and a guide never repeat with another content', () => {
  fc.assert(
    fc.property(recording, (events) => {
      const chain = new PureChain();
      for (const event of events) chain.take(sampleChunk([event]));
      const seen = new Map<string, string>();
      for (const out of chain.outputs) {
        if (out.type !== 'step' && out.type !== 'guide') continue;
        const [id, revision] = out.type === 'step' ? [out.step.stepId, out.step.revision] : ['guide', out.guide.revision];
        const key = `${id} ${JSON.stringify(revision)}`;
        const content = JSON.stringify(out);
        assert.equal(seen.get(key) ?? content, content, key);
        seen.set(key, content);
      }
    }),
    { numRuns: 300 },
  );
});
