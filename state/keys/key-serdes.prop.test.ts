import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KeySerde } from '../../schemas/serde.ts';
import { hasCode } from '../../topology/base/errors.ts';
import { bufferKey, int64Key, numberKey, pairKey, stringKey } from './key-serdes.ts';
import { prefixEnd } from './order.ts';
import { sessionKey, windowBytes, windowKey } from './windowed-keys.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\0', '\u0001', '\u00ff', 'a', 'b'), maxLength: 4 }),
);
const int64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
const bytes = fc.uint8Array({ maxLength: 5 }).map((array) => Buffer.from(array));
const timeMs = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -3, max: 3 }));

/** Encoded order is value order, and decoding gives the key back. */
function keepsOrder<K>(serde: KeySerde<K>, arbitrary: fc.Arbitrary<K>, compare: (one: K, other: K) => number): void {
  fc.assert(
    fc.property(arbitrary, arbitrary, (one, other) => {
      assert.equal(Math.sign(serde.encode(one).compare(serde.encode(other))), Math.sign(compare(one, other)));
      assert.deepEqual(serde.decode(serde.encode(one)), one);
      if (serde.fixedBytes !== undefined) assert.equal(serde.encode(one).length, serde.fixedBytes);
    }),
    { numRuns: 500 },
  );
}

const compareText = (one: string, other: string): number => Buffer.from(one).compare(Buffer.from(other));
const compareValue = <T extends number | bigint>(one: T, other: T): number => (one < other ? -1 : one > other ? 1 : 0);

test('keys sort as their values do and decode to them', () => {
  keepsOrder(stringKey, text, compareText);
  keepsOrder(int64Key, int64, compareValue);
  keepsOrder(
    numberKey,
    fc.double({ noNaN: true }).map((value) => value + 0),
    compareValue,
  );
  keepsOrder(bufferKey, bytes, (one, other) => one.compare(other));
});

test('pairs sort by the first part, then the second, whatever zero bytes they hold', () => {
  const serde = pairKey(stringKey, pairKey(bufferKey, int64Key));
  const arbitrary = fc.tuple(text, fc.tuple(bytes, int64));
  keepsOrder<readonly [string, readonly [Buffer, bigint]]>(
    serde,
    arbitrary,
    ([one, [oneBytes, oneNumber]], [other, [otherBytes, otherNumber]]) =>
      compareText(one, other) || oneBytes.compare(otherBytes) || compareValue(oneNumber, otherNumber),
  );
});

test("a pair's prefix holds all pairs of that first part and no other", () => {
  const serde = pairKey(stringKey, stringKey);
  fc.assert(
    fc.property(text, text, text, (first, other, second) => {
      const prefix = serde.prefixOf(first);
      const key = serde.encode([other, second]);
      assert.equal(key.subarray(0, prefix.length).equals(prefix), first === other);
    }),
    { numRuns: 500 },
  );
});

test('window keys sort by key then start, session keys by key then end then start', () => {
  const window = windowKey(stringKey, 10);
  const session = sessionKey(stringKey);
  fc.assert(
    fc.property(fc.tuple(text, text), fc.tuple(timeMs, timeMs, timeMs), ([one, other], [a, b, c]) => {
      const windows = [
        { key: one, startMs: a, endMs: a + 10 },
        { key: other, startMs: b, endMs: b + 10 },
      ] as const;
      assert.equal(
        Math.sign(window.encode(windows[0]).compare(window.encode(windows[1]))),
        Math.sign(compareText(one, other) || compareValue(a, b)),
      );
      assert.deepEqual(window.decode(window.encode(windows[0])), windows[0]);
      assert.deepEqual(windowBytes(stringKey, one, a), window.encode(windows[0]));
      const sessions = [
        { key: one, startMs: a, endMs: b },
        { key: other, startMs: b, endMs: c },
      ] as const;
      const expected = compareText(one, other) || compareValue(b, c) || compareValue(a, b);
      assert.equal(Math.sign(session.encode(sessions[0]).compare(session.encode(sessions[1]))), Math.sign(expected));
      assert.deepEqual(session.decode(session.encode(sessions[0])), sessions[0]);
    }),
    { numRuns: 500 },
  );
});

test('prefixEnd is after every key with the prefix and not after any other', () => {
  fc.assert(
    fc.property(bytes, bytes, (prefix, key) => {
      const end = prefixEnd(prefix);
      const has = key.subarray(0, prefix.length).equals(prefix);
      const inside = key.compare(prefix) >= 0 && (end === undefined || key.compare(end) < 0);
      assert.equal(inside, has);
    }),
    { numRuns: 500 },
  );
});

test('keys without an encoding are refused with SERDE_FAILED', () => {
  const wrong = [
    () => stringKey.encode('\ud800'),
    () => int64Key.encode(1n << 63n),
    () => numberKey.encode(Number.NaN),
    () => pairKey(stringKey, stringKey).decode(Buffer.from('no end')),
    () => pairKey(int64Key, stringKey).decode(Buffer.alloc(7)),
  ];
  for (const call of wrong) assert.throws(call, (error) => hasCode(error, 'SERDE_FAILED'));
  assert.deepEqual(numberKey.encode(-0), numberKey.encode(0));
});
