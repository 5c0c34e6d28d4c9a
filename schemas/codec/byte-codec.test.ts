import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AvroFault } from './avro-fault.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter, maximumInteger } from './byte-writer.ts';

function written(write: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter();
  write(writer);
  return writer.take();
}

test('integers come back at every boundary of the varint, up to ±2^52', () => {
  const powers = Array.from({ length: 53 }, (_, power) => 2 ** power);
  for (const value of [0, ...powers.flatMap((power) => [power - 1, power, -power, 1 - power])]) {
    assert.ok(new ByteReader(written((writer) => writer.integer(value))).integer() === value, String(value));
  }
});

test('small integers are the bytes of the Avro specification', () => {
  const cases = [
    [0, '00'],
    [-1, '01'],
    [1, '02'],
    [-2, '03'],
    [-64, '7f'],
    [64, '8001'],
    [2 ** 40, '808080808040'],
  ] as const;
  for (const [value, hex] of cases) assert.equal(written((writer) => writer.integer(value)).toString('hex'), hex);
});

test('an integer beyond ±2^52 on the wire is refused, not rounded', () => {
  const tooLarge = written((writer) => {
    for (let count = 0; count < 8; count += 1) writer.byte(0xff);
    writer.byte(0x01);
  });
  assert.throws(() => new ByteReader(tooLarge).integer(), AvroFault);
  const endless = Buffer.alloc(2000, 0xff);
  assert.throws(() => new ByteReader(endless).integer(), AvroFault);
  assert.equal(maximumInteger, 2 ** 52);
});

test('an integer that only goes on and on is refused, also when it adds nothing', () => {
  for (const lengthBytes of [11, 200, 2000]) {
    const padded = Buffer.concat([Buffer.alloc(lengthBytes, 0x80), Buffer.of(0)]);
    assert.throws(() => new ByteReader(padded).integer(), AvroFault, `${lengthBytes} bytes`);
  }
});

test('strings of every length around the fast paths come back, plain and with one letter outside ASCII at any place', () => {
  for (let length = 0; length <= 300; length += 1) {
    const plain = 'a'.repeat(length);
    const accented = length === 0 ? 'ß' : `${plain.slice(0, length >> 1)}ß${plain.slice((length >> 1) + 1)}`;
    for (const text of [plain, accented]) assert.equal(new ByteReader(written((writer) => writer.string(text))).string(), text);
  }
});

test('any text comes back; a lone surrogate becomes U+FFFD', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      assert.equal(new ByteReader(written((writer) => writer.string(text))).string(), Buffer.from(text).toString());
    }),
  );
});

test('a value larger than the first buffer is written whole, and the writer can be used again', () => {
  const writer = new ByteWriter();
  for (const length of [5_000, 10, 70_000]) {
    writer.reset();
    writer.string('x'.repeat(length));
    assert.equal(new ByteReader(writer.take()).string().length, length);
  }
});
