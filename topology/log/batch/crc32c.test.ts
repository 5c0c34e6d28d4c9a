import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32c } from './crc32c.ts';

/** Bit by bit, from the definition. */
function plainCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

test('the check value of the catalogue and the vectors of RFC 3720 B.4 come out', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43);
  assert.equal(crc32c(Buffer.from(Array.from({ length: 32 }, (_, index) => index))), 0x46dd794e);
});

test('every part of a buffer has the checksum of its bytes, wherever it begins and however long it is', () => {
  const parts = fc.tuple(fc.uint8Array({ maxLength: 100 }), fc.nat(20), fc.nat(20));
  fc.assert(
    fc.property(parts, ([bytes, offset, from]) => {
      const memory = new Uint8Array(offset + bytes.length);
      memory.set(bytes, offset);
      const view = memory.subarray(offset);
      const start = Math.min(from, view.length);
      assert.equal(crc32c(view, start), plainCrc(bytes.subarray(start)));
      assert.equal(crc32c(view, 0, start), plainCrc(bytes.subarray(0, start)));
    }),
    { numRuns: 500 },
  );
});
