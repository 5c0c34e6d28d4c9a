import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BytePages } from './byte-pages.ts';

test('buffers taken one after the other do not overlap', () => {
  const pages = new BytePages();
  const taken = Array.from({ length: 2_000 }, (_, index) => pages.take(1 + (index % 97)).fill(index % 251));
  for (const [index, bytes] of taken.entries()) assert.ok(bytes.length === 1 + (index % 97) && bytes.every((byte) => byte === index % 251));
});

test('what is kept holds at most a third more than its own bytes, however much was needed for a moment beside it', () => {
  const pages = new BytePages();
  const memories = new Set<ArrayBufferLike>();
  let keptBytes = 0;
  for (let index = 0; index < 2_000; index += 1) {
    Buffer.allocUnsafe(3_000);
    const kept = pages.keep(Buffer.from(`key ${index}`.padEnd(20 + ((index * 37) % 4_000))));
    assert.ok(kept.toString().startsWith(`key ${index} `));
    keptBytes += kept.length;
    memories.add(kept.buffer);
  }
  const heldBytes = [...memories].reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.ok(heldBytes < keptBytes * 1.34 + 16_384, `${heldBytes} bytes are held for ${keptBytes}`);
});

test('long bytes have memory of their own, and bytes that fill theirs are kept as they are', () => {
  const pages = new BytePages();
  const long = pages.keep(Buffer.concat([Buffer.alloc(9_000, 1)]).subarray(1));
  assert.equal(long.buffer.byteLength, 8_999);
  assert.equal(pages.keep(long), long);
  assert.equal(pages.take(0).length, 0);
});
