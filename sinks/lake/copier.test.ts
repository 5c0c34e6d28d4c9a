import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCopier } from './copier.ts';

test('copies stay what they were, whatever becomes of the originals and of each other', () => {
  const sizes = fc.array(fc.oneof(fc.nat({ max: 3_000 }), fc.constantFrom(65_535, 65_536, 65_537, 300_000)), { maxLength: 200 });
  fc.assert(
    fc.property(sizes, (lengths) => {
      const copy = createCopier();
      const copies = lengths.map((length, index) => {
        const original = Buffer.alloc(length, index % 251);
        const own = copy(original);
        original.fill(255);
        return own;
      });
      for (const [index, own] of copies.entries()) assert.ok(own.equals(Buffer.alloc(lengths[index] ?? 0, index % 251)));
    }),
    { numRuns: 30 },
  );
});
