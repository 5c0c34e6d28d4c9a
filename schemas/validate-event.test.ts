import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseSchema } from './codec/parse-schema.ts';
import { eventKindRules } from './event-kinds.ts';
import { arbitraryValue } from './testing/arbitrary-value.ts';
import { sampleEvent } from './testing/sample-chunk.ts';
import type { CaptureEvent } from './types/capture-event.ts';
import { topicSchemas } from './types/topic-records.ts';
import { createEventParser, type ParsedEvent } from './validate-event.ts';

const parser = createEventParser();

function problemOf(parsed: ParsedEvent): string {
  return parsed.ok ? 'ok' : `${parsed.field}: ${parsed.problem}`;
}

function accepted(value: unknown): CaptureEvent {
  const parsed = parser.parse(value);
  assert.ok(parsed.ok, problemOf(parsed));
  return parsed.event;
}

const click = sampleEvent(3);

test('events of the contract pass unchanged', () => {
  for (const seq of [1, 2, 3, 4, 5, 6]) assert.deepEqual(accepted(JSON.parse(JSON.stringify(sampleEvent(seq)))), sampleEvent(seq));
});

test('a kind of a newer contract becomes unknown, properties of one are dropped, null counts as absent', () => {
  assert.deepEqual(accepted({ seq: 4, atMs: 5, kind: 'eye.blink', eyes: 2, page: null, reason: 'r' }), {
    seq: 4,
    atMs: 5,
    kind: 'unknown',
    reason: 'r',
  });
  const dropped = accepted({ ...click, target: { role: 'button', name: 'Save', mood: 'good' } });
  assert.deepEqual(dropped.target, { role: 'button', name: 'Save' });
});

test('what is wrong is named by its path, with the problem and without the value', () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /^: must be an object, not nothing/],
    [[], /^: must be an object, not an array of 0/],
    [{ atMs: 1, kind: 'click' }, /^seq: is missing/],
    [{ ...click, seq: -1 }, /^seq: must be from 0/],
    [{ ...click, seq: 1.5 }, /^seq: must be an integer/],
    [{ ...click, seq: 2 ** 53 }, /^seq: must be from/],
    [{ ...click, atMs: '12' }, /^atMs: must be a number, not a string of 2 characters/],
    [{ ...click, kind: 7 }, /^kind: must be one of/],
    [{ ...click, pointer: { x: 1, y: Number.NaN, button: 'left' } }, /^pointer\.y: must be from/],
    [{ ...click, pointer: { x: 1, y: 1, button: 'fourth' } }, /^pointer\.button: must be one of left, middle, right/],
    [{ ...click, pointer: { x: 1, y: 1, button: 'left', modifiers: ['Alt', 'Hyper'] } }, /^pointer\.modifiers\[1\]: must be one of/],
    [{ ...click, target: { role: 'button', name: 'x'.repeat(1025) } }, /^target\.name: is longer than 1024 bytes/],
    [{ ...click, target: { role: 'button', name: 'ü'.repeat(513) } }, /^target\.name: is longer than 1024 bytes/],
    [{ ...click, page: { url: `https://x/${'p'.repeat(8192)}`, title: '' } }, /^page\.url: is longer than 8192 bytes/],
    [{ ...sampleEvent(4), input: { valueClass: 'text', text: 'v'.repeat(65_537) } }, /^input\.text: is longer than 65536 bytes/],
    [{ seq: 1, atMs: 1, kind: 'navigation' }, /^navigation: is missing: an event of kind navigation carries it/],
    [{ ...sampleEvent(5), screenshot: { ...sampleEvent(5).screenshot, sha256: '../../etc/passwd' } }, /^screenshot\.sha256: must match/],
  ];
  for (const [value, expected] of cases) assert.match(problemOf(parser.parse(value)), expected);
});

test('limits are inclusive', () => {
  assert.equal(accepted({ ...click, target: { role: 'button', name: 'ü'.repeat(512) } }).target?.name.length, 512);
});

test('from an agent, facts of the platform and seq 0 are refused', () => {
  assert.match(
    problemOf(parser.parseFromAgent({ seq: 3, atMs: 1, kind: 'session.idle', idle: { afterSeq: 2 } })),
    /^kind: .*platform only/,
  );
  assert.match(problemOf(parser.parseFromAgent({ seq: 0, atMs: 1, kind: 'click' })), /^seq: must be 1 or more/);
  assert.equal(problemOf(parser.parseFromAgent(click)), 'ok');
  assert.equal(problemOf(parser.parse({ seq: 3, atMs: 1, kind: 'session.idle', idle: { afterSeq: 2 } })), 'ok');
});

test('nothing of a protected field passes: text, state, name taken from the value, selector, keys', () => {
  const secret = 'canary-canary-canary-123';
  const target = {
    role: 'textbox',
    name: secret,
    nameSource: 'value',
    protected: true,
    selector: `input[value="${secret}"]`,
    checked: true,
  };
  const events = [
    { seq: 1, atMs: 1, kind: 'input', target, input: { valueClass: 'text', text: secret } },
    {
      seq: 2,
      atMs: 1,
      kind: 'change',
      target: { role: 'textbox', name: 'Password' },
      input: { valueClass: 'secret', text: secret, checked: true },
    },
    { seq: 3, atMs: 1, kind: 'key.down', target, key: { key: secret } },
    { seq: 4, atMs: 1, kind: 'marker', target, note: secret },
  ];
  for (const event of events) assert.equal(JSON.stringify(accepted(event)).includes(secret), false, event.kind);
  assert.deepEqual(accepted(events[2]), { seq: 3, atMs: 1, kind: 'unknown' }, 'the number stays, so that no event seems to be missing');
  assert.deepEqual(accepted(events[1]).input, { valueClass: 'secret' });
  const plain = { role: 'textbox', name: 'Password', selector: '#password', protected: true };
  assert.deepEqual(accepted({ ...click, target: plain }).target, plain, 'what cannot quote a value stays');
});

test('a property named like one of Object.prototype is not taken for a field', () => {
  const parsed = parser.parse(JSON.parse('{"seq":1,"atMs":1,"kind":"click","__proto__":{"target":{"role":"x","name":"y"}}}'));
  assert.ok(parsed.ok);
  assert.deepEqual(Object.keys(parsed.event), ['seq', 'atMs', 'kind']);
});

test('any JSON is answered, never thrown at; any event of the schema that carries what its kind needs is accepted', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => assert.equal(typeof parser.parse(value).ok, 'boolean')));
  const events = parseSchema(topicSchemas['capture.events.v1'].at(-1) ?? '').root.fields.find((field) => field.name === 'events')?.node;
  assert.ok(events?.kind === 'array');
  fc.assert(
    fc.property(arbitraryValue(events.items), (value) => {
      const problem = problemOf(parser.parse(value));
      assert.ok(problem === 'ok' || /is missing|must be from|must match|longer/.test(problem), problem);
    }),
  );
});

test('every kind has a rule whose fields exist', () => {
  for (const [kind, rule] of Object.entries(eventKindRules)) {
    assert.equal(
      rule.required.some((name) => rule.optional.includes(name)),
      false,
      kind,
    );
  }
});
