import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { byTopic } from './by-topic.ts';
import { WireReader } from './wire-reader.ts';
import { WireWriter } from './wire-writer.ts';

for (const isFlexible of [false, true]) {
  test(`what is written is read again (${isFlexible ? 'flexible' : 'classic'} encoding)`, () => {
    const item = fc.record(
      {
        small: fc.integer({ min: -128, max: 127 }),
        short: fc.integer({ min: -32_768, max: 32_767 }),
        whole: fc.integer(),
        long: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        text: fc.string({ unit: 'grapheme', maxLength: 300 }),
        maybe: fc.option(fc.string(), { nil: null }),
        bytes: fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
        flag: fc.boolean(),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(item, { maxLength: 200 }), (items) => {
        const writer = new WireWriter(isFlexible);
        writer.array(items, (one) =>
          writer
            .int8(one.small)
            .int16(one.short)
            .int32(one.whole)
            .int64(one.long)
            .string(one.text)
            .nullableString(one.maybe)
            .bytes(one.bytes)
            .boolean(one.flag)
            .tags(),
        );
        const reader = new WireReader(writer.finish(), isFlexible);
        const read = reader.array(() => {
          const small = reader.int8();
          const short = reader.int16();
          const whole = reader.int32();
          const long = reader.int64();
          const text = reader.string();
          const maybe = reader.nullableString();
          const bytes = reader.bytes();
          const flag = reader.boolean();
          reader.tags();
          return { small, short, whole, long, text, maybe, bytes, flag };
        });
        assert.deepEqual(read, items);
      }),
      { numRuns: 50 },
    );
  });
}

test('tag sections of newer brokers are passed over', () => {
  // No tags in the header; then one tag, number 5, of two bytes; then the value.
  const reader = new WireReader(Buffer.from([0, 1, 5, 2, 0xaa, 0xbb, 0, 42]), true);
  reader.tags();
  assert.equal(reader.int16(), 42);
});

test('an answer that ends too early is an error, not a wrong value', () => {
  assert.throws(() => new WireReader(Buffer.from([0, 0, 0]), false).int32(), RangeError);
  assert.throws(() => new WireReader(Buffer.from([0, 9, 65]), false).string(), RangeError);
});

test('partitions are nested in their topics, in order', () => {
  const items = [
    { topic: 'a', partition: 1 },
    { topic: 'b', partition: 0 },
    { topic: 'a', partition: 0 },
  ];
  assert.deepEqual(byTopic(items), [
    { topic: 'a', partitions: [items[0], items[2]] },
    { topic: 'b', partitions: [items[1]] },
  ]);
});
