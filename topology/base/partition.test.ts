import assert from 'node:assert/strict';
import { test } from 'node:test';
import { murmur2, partitionOfKey } from './partition.ts';

/** From Kafka's UtilsTest#testMurmur2. */
const vectors: readonly (readonly [string, number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

test('murmur2 gives the hashes of the Java client', () => {
  for (const [text, hash] of vectors) assert.equal(murmur2(Buffer.from(text)), hash, text);
});

test('a key with a negative hash lands on a partition of the topic', () => {
  assert.equal(partitionOfKey(Buffer.from('21'), 12), (-973932308 & 0x7fffffff) % 12);
});
