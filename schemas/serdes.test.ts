import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../topology/base/errors.ts';
import { bufferSerde, int64Serde, jsonSerde, stringSerde } from './serdes.ts';

const key = Buffer.from('k');

test('every serde gives back what it wrote', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
      fc.jsonValue(),
      (text, integer, json) => {
        assert.equal(stringSerde.deserialize(stringSerde.serialize(text, key), key), text);
        assert.equal(int64Serde.deserialize(int64Serde.serialize(integer, key), key), integer);
        const back = jsonSerde<unknown>().deserialize(jsonSerde<unknown>().serialize(json, key), key);
        assert.equal(JSON.stringify(back), JSON.stringify(json));
        const bytes = Buffer.from(text);
        assert.deepEqual(bufferSerde.deserialize(bufferSerde.serialize(bytes, key), key), bytes);
      },
    ),
  );
});

test('bytes of another type are refused with SERDE_FAILED', () => {
  const wrong = [
    () => stringSerde.deserialize(Buffer.from([0xff, 0xfe]), key),
    () => int64Serde.deserialize(Buffer.alloc(7), key),
    () => int64Serde.serialize(1n << 63n, key),
    () => jsonSerde().deserialize(Buffer.from('{'), key),
    () => jsonSerde<unknown>().serialize(undefined, key),
  ];
  for (const call of wrong) assert.throws(call, (error) => hasCode(error, 'SERDE_FAILED'));
});
