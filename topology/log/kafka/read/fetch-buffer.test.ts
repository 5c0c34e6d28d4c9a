import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../../base/errors.ts';
import { field } from '../../batch/batch-layout.ts';
import { encodeBatch } from '../../batch/encode-batch.ts';
import { createCursor } from '../../local/cursor.ts';
import { FetchBuffer } from './fetch-buffer.ts';
import { FetchedPartition } from './fetched-partition.ts';

const everything = 1_000_000;

/** With `isBroken`, the records say that they are compressed with a codec that is not there. */
function fetched(partition: number, value: string, isBroken = false): FetchedPartition {
  const codec = { name: 'lz4', compress: (bytes: Buffer) => bytes, decompress: (bytes: Buffer) => bytes } as const;
  const records = encodeBatch([{ key: null, value: Buffer.from(value), timestampMs: 1 }], {
    baseOffset: 0n,
    ...(isBroken ? { compression: codec } : {}),
  });
  assert.ok(records.length > field.records);
  return new FetchedPartition(
    { topic: 'events', partition, code: 0, logStartOffset: 0n, aborted: [], records },
    { fromOffset: 0n, isolation: 'read_committed', codecs: new Map() },
  );
}

test('what cannot be read of one partition is thrown after the others were handed out, and skips nothing', () => {
  const buffer = new FetchBuffer();
  const cursors = [0, 1].map((partition) => createCursor<bigint>({ topic: 'events', partition }, 0n));
  buffer.put({ topic: 'events', partition: 0 }, fetched(0, 'good'));
  buffer.put({ topic: 'events', partition: 1 }, fetched(1, 'never', true));
  const { batches } = buffer.take(cursors, everything);
  assert.deepEqual(
    batches.map(({ partition }) => partition),
    [0],
  );
  assert.throws(
    () => buffer.take(cursors, everything),
    (error) => hasCode(error, 'LOG_COMPRESSION_UNSUPPORTED'),
  );
  assert.deepEqual(
    cursors.map(({ nextOffset }) => nextOffset),
    [1n, 0n],
  );
});

test('what was fetched for a position that was left by a seek is dropped', () => {
  const buffer = new FetchBuffer();
  const cursor = createCursor<bigint>({ topic: 'events', partition: 0 }, 0n);
  buffer.put(cursor, fetched(0, 'stale'));
  buffer.fail({ topic: 'events', partition: 0, nextOffset: 0n }, new Error('of the old position'));
  cursor.nextOffset = 9n;
  assert.deepEqual(buffer.take([cursor], everything).batches, []);
  assert.equal(buffer.holds(cursor), false);
});
