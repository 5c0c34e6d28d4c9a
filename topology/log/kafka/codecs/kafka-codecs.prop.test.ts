import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../../base/errors.ts';
import type { CompressionCodec } from '../../batch/compression.ts';
import { canWriteZstd, kafkaCodecs } from './kafka-codecs.ts';

/** Text that compresses and bytes that do not, beyond one snappy block. */
const contents = fc.oneof(
  fc.uint8Array({ maxLength: 2_000 }),
  fc.tuple(fc.string({ minLength: 1, maxLength: 30 }), fc.nat({ max: 4_000 })).map(([text, count]) => Buffer.from(text.repeat(count))),
);

for (const codec of kafkaCodecs.values()) {
  const skip = codec.name === 'zstd' && !canWriteZstd() ? 'this Node cannot write zstd' : false;
  test(`${codec.name}: what is packed is unpacked again`, { skip }, () => {
    fc.assert(fc.property(contents, (bytes) => assert.deepEqual(codec.decompress(codec.compress(Buffer.from(bytes))), Buffer.from(bytes))));
  });

  test(`${codec.name}: bytes that are something else are told as corrupt`, () => {
    assert.throws(
      () => codec.decompress(Buffer.from('this was never packed by anybody')),
      (error) => hasCode(error, 'LOG_CORRUPT'),
    );
  });
}

test('snappy: a bare block, as other clients write it, is read too', () => {
  // Length 5, one literal of 5 bytes (format description of snappy).
  const packed = Buffer.concat([Buffer.from([5, (5 - 1) << 2]), Buffer.from('hello')]);
  assert.equal(codecNamed('snappy').decompress(packed).toString(), 'hello');
});

test('zstd: a frame that does not tell its size is read', () => {
  // Magic, a frame header without content size, one raw block of five bytes that is the last (RFC 8878, 3.1.1).
  const packed = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0x29, 0x00, 0x00, ...Buffer.from('hello')]);
  assert.equal(codecNamed('zstd').decompress(packed).toString(), 'hello');
});

function codecNamed(name: CompressionCodec['name']): CompressionCodec {
  const codec = kafkaCodecs.get(name);
  assert(codec !== undefined);
  return codec;
}
