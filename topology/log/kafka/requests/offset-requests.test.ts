import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WireReader } from '../wire/wire-reader.ts';
import { WireWriter } from '../wire/wire-writer.ts';
import { offsetFetchRequest } from './offset-requests.ts';

const unstable = 88;

function answer(partitions: readonly (readonly [offset: bigint, code: number])[]): WireReader {
  const writer = new WireWriter(true);
  writer.int32(0);
  writer.array(['events'], (topic) => {
    writer.string(topic).array([...partitions.entries()], ([partition, [offset, code]]) => {
      writer.int32(partition).int64(offset).int32(-1).nullableString('').int16(code).tags();
    });
    writer.tags();
  });
  writer.int16(0).tags();
  return new WireReader(writer.finish(), true);
}

test('committed positions of several partitions are read whole, also behind one that is not stable yet', () => {
  const request = offsetFetchRequest('group', []);
  assert.deepEqual(
    request
      .read(
        answer([
          [5n, 0],
          [-1n, 0],
        ]),
      )
      .offsets.map(({ nextOffset }) => nextOffset),
    [5n, undefined],
  );
  const { code, offsets } = request.read(
    answer([
      [-1n, unstable],
      [-1n, unstable],
      [7n, 0],
    ]),
  );
  assert.equal(code, unstable);
  assert.equal(offsets[2]?.nextOffset, 7n);
});
