import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createEventParser } from '../../schemas/validate-event.ts';
import { Refusal } from '../http/refusal.ts';
import { createIngestUnderTest } from '../test-support/ingest-under-test.ts';
import { record } from '../test-support/recorder.ts';
import { readBatch } from './event-batch.ts';
import type { ReceivedEvent } from './event-batch.ts';
import { defaultIngestLimits } from './limits.ts';
import type { ProtectedFields } from './protected-fields.ts';
import { guardProtected, maxProtectedFields, noProtectedFields } from './protected-fields.ts';

const canary = 'canary-QX7vK2mP9sT4wZ8r1';
const parser = createEventParser();

/** Through the contract first, as ingest does it. */
function received(events: readonly object[], firstSeq = 1): readonly ReceivedEvent[] {
  const numbered = events.map((event, index) => ({ atMs: 1_760_000_000_000 + index, ...event }));
  const batch = readBatch({ firstSeq, events: numbered }, defaultIngestLimits, parser);
  assert.ok(!(batch instanceof Refusal), batch instanceof Refusal ? batch.message : '');
  return batch.events;
}

function guard(events: readonly object[], before: ProtectedFields = noProtectedFields): ReturnType<typeof guardProtected> {
  return guardProtected(received(events), before);
}

const page = { url: 'https://shop.example/login?next=%2F', title: 'Login' };
const field = (ref: string, more: object = {}): object => ({ role: 'textbox', name: 'Field', ref, ...more });
const typed = (target: object, text = canary): object => ({ kind: 'input', page, target, input: { valueClass: 'text', text } });
const pressed = (key: string, target?: object): object => ({
  kind: 'key.down',
  page,
  key: { key },
  ...(target === undefined ? {} : { target }),
});
const focused = (target: object): object => ({ kind: 'focus', page, target });
const hidden = { protected: true };

test('P1: once protected, always protected, in this batch and in later ones', () => {
  const first = guard([typed(field('e1', hidden)), typed(field('e1'))]);
  const later = guard([typed(field('e1')), typed(field('e2'), 'Anna')], first.state);
  assert.equal(JSON.stringify([first.events, later.events]).includes(canary), false);
  assert.equal(later.events[1]?.input?.text, 'Anna');
  assert.equal(later.events[0]?.target?.protected, true);
  assert.deepEqual([first.droppedCount, later.droppedCount], [2, 1]);
});

test('P1: a mark counts for what was typed before it in the same batch', () => {
  const { events } = guard([typed(field('e1')), { kind: 'change', page, target: field('e1', hidden), input: { valueClass: 'secret' } }]);
  assert.equal(JSON.stringify(events).includes(canary), false);
});

test('P1: a field is known by its selector too, also when the contract drops it from the protected event', () => {
  const bySelector = (more: object = {}): object => ({ role: 'textbox', name: 'Password', selector: '#pw', ...more });
  const first = guard([focused(bySelector(hidden))]);
  const { events } = guard([typed(bySelector())], first.state);
  assert.equal(JSON.stringify(events).includes(canary), false);
});

test('P1: a password input and a value that is called secret are marks of their own', () => {
  for (const target of [field('e1', { tag: 'input:password' }), field('e1')]) {
    const first = guard([{ kind: 'input', page, target, input: { valueClass: 'secret', text: canary } }]);
    const { events } = guard([typed(field('e1'))], first.state);
    assert.equal(JSON.stringify([first.events, events]).includes(canary), false);
  }
});

test('P1: the same ref on another page is another field', () => {
  const { state } = guard([typed(field('e1', hidden))]);
  const other = { ...typed(field('e1'), 'Anna'), page: { url: 'https://shop.example/profile', title: 'Profile' } };
  assert.equal(guard([other], state).events[0]?.input?.text, 'Anna');
});

test('P2: names that are values and checked states go, the rest of the target stays', () => {
  const { events } = guard([typed(field('e1', { protected: true, name: canary, nameSource: 'content', checked: true }))]);
  assert.deepEqual(events[0]?.target, { role: 'textbox', name: '', nameSource: 'none', ref: 'e1', protected: true });
  assert.deepEqual(events[0]?.input, { valueClass: 'secret' });
});

test('P2: every key while the field has the focus goes, with and without a target; after blur keys are back', () => {
  const keys = 'hunter2'.split('').map((key, index) => pressed(key, index % 2 === 0 ? field('e1') : undefined));
  const { events, droppedCount } = guard([
    focused(field('e1', hidden)),
    ...keys,
    pressed('Enter'),
    { kind: 'blur', page, target: field('e1', hidden) },
    pressed('Escape'),
  ]);
  assert.equal(droppedCount, 8);
  assert.deepEqual(
    events.filter(({ key }) => key !== undefined).map(({ key }) => key?.key),
    ['Escape'],
  );
});

test('P3: a key or value without a field is dropped while the focus is protected or not known', () => {
  const { state } = guard([typed(field('e1', hidden)), { kind: 'blur', page, target: field('e1', hidden) }]);
  const restarted: ProtectedFields = { ...state, focus: 'unknown' };
  assert.equal(guard([pressed('h')], restarted).droppedCount, 1);
  assert.equal(guard([pressed('h')], state).droppedCount, 0);
  assert.equal(guard([pressed('h')]).droppedCount, 0, 'a session without protected fields keeps its keys');
});

test('P4: seqs stay without holes and a dropped key keeps neither its key nor its time', () => {
  const events = [focused(field('e1', hidden)), { ...pressed('h', field('e1')), atMs: 1_760_000_009_999 }, { kind: 'click', page }];
  const guarded = guard(events).events;
  assert.deepEqual(
    guarded.map(({ seq }) => seq),
    [1, 2, 3],
  );
  assert.deepEqual(guarded[1], { seq: 2, atMs: guarded[0]?.atMs, kind: 'unknown', reason: 'protected' });
});

test('above the bound everything typed counts as protected', () => {
  const many = Array.from({ length: 900 }, (_, index) => focused(field(`m${index}`, hidden)));
  let state = noProtectedFields;
  for (const round of [0, 1, 2])
    state = guard(
      many.map((event) => ({ ...event, page: { url: `https://shop.example/${round}`, title: '' } })),
      state,
    ).state;
  assert.ok(state.fields.size <= maxProtectedFields);
  assert.equal(JSON.stringify(guard([typed(field('never-marked'))], state).events).includes(canary), false);
});

test('a canary typed into protected fields reaches no byte of the log or of the state topic, for any order of events', async () => {
  const anyEvent = fc.oneof(
    fc.constantFrom(focused(field('e1', hidden)), typed(field('e1', hidden)), typed(field('e1')), pressed(canary.slice(0, 9), field('e1'))),
    fc.constantFrom(typed(field('e2'), 'Anna'), { kind: 'click', page, target: field('e2') }, { kind: 'scroll', page }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(anyEvent, { maxLength: 6 }), { maxLength: 5 }), async (batches) => {
      // Sealed bytes hide anything: an open serde shows what was handed to it.
      const seen: string[] = [];
      const chunkSerde = {
        serialize: (value: object) => Buffer.from((seen.push(JSON.stringify(value)), '{}')),
        deserialize: () => assert.fail(),
      };
      const ingest = await createIngestUnderTest({ deps: { chunkSerde } });
      const recorder = await record(ingest);
      await recorder.send(1, [{ atMs: 1, ...focused(field('e1', hidden)) }]);
      let seq = 2;
      for (const batch of batches) {
        await recorder.send(
          seq,
          batch.map((event) => ({ atMs: 1, ...event })),
        );
        seq += batch.length;
      }
      await ingest.service.checkpoint();
      const headers = (await ingest.records()).flatMap((one) => one.headers.map(([, value]) => value.toString()));
      assert.equal([...seen, ...headers].join().includes(canary.slice(0, 9)), false);
    }),
    { numRuns: 40 },
  );
});
