import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unsignedVarintBytes, varintBytes, VarintReader, writeUnsignedVarint, writeVarint } from './varint.ts';

const half = Math.floor(Number.MAX_SAFE_INTEGER / 2);

test('a signed varint reads back as written, in as many bytes as announced', () => {
  fc.assert(
    fc.property(fc.integer({ min: -half, max: half }), (value) => {
      const bytes = new Uint8Array(10);
      const end = writeVarint(bytes, 0, value);
      const reader = new VarintReader(bytes);
      assert.equal(reader.signed(), value);
      assert.equal(reader.position, end);
      assert.equal(varintBytes(value), end);
    }),
  );
});

test('an unsigned varint reads back as written, in as many bytes as announced', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const bytes = new Uint8Array(10);
      const end = writeUnsignedVarint(bytes, 0, value);
      const reader = new VarintReader(bytes);
      assert.equal(reader.unsigned(), value);
      assert.equal(reader.position, end);
      assert.equal(unsignedVarintBytes(value), end);
    }),
  );
});

/** From Kafka's ByteUtilsTest#testCorrectnessWriteVarint and Protocol Buffers' encoding guide. */
const vectors: readonly (readonly [number, readonly number[]])[] = [
  [0, [0x00]],
  [-1, [0x01]],
  [1, [0x02]],
  [63, [0x7e]],
  [-64, [0x7f]],
  [64, [0x80, 0x01]],
  [-65, [0x81, 0x01]],
  [8191, [0xfe, 0x7f]],
  [-8192, [0xff, 0x7f]],
  [8192, [0x80, 0x80, 0x01]],
  [2147483647, [0xfe, 0xff, 0xff, 0xff, 0x0f]],
  [-2147483648, [0xff, 0xff, 0xff, 0xff, 0x0f]],
];

test('zigzag varints have the bytes of the Java client', () => {
  for (const [value, expected] of vectors) {
    const bytes = new Uint8Array(10);
    const end = writeVarint(bytes, 0, value);
    assert.deepEqual([...bytes.subarray(0, end)], expected, String(value));
  }
});

test('a varint that is cut off or too large is refused', () => {
  assert.throws(() => new VarintReader(Uint8Array.of(0x80, 0x80)).unsigned(), RangeError);
  assert.throws(() => new VarintReader(new Uint8Array(12).fill(0xff)).unsigned(), RangeError);
  for (const length of [11, 200, 2000]) {
    const padded = new Uint8Array(length + 1).fill(0x80, 0, length);
    assert.throws(() => new VarintReader(padded).unsigned(), RangeError, `${length} bytes that add nothing`);
  }
});
