import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SinkRow } from '../runner/sink-target.ts';
import { filesOf, type LakeFile } from './lake-files.ts';
import { createLakeRowReader, type LakeRow } from './lake-row.ts';

const topic = 'capture.events.v1';
const noon = Date.UTC(2026, 10, 22, 12);
const ranges = [0, 1, 2].map((partition) => ({ topic, partition, fromOffset: 0n, nextOffset: 9n }));

function rowAt(
  partition: number,
  offset: number,
  scope: string,
  change: { value?: Buffer | null; timestampMs?: number } = {},
): SinkRow<LakeRow> {
  const record = { key: Buffer.from(scope), value: Buffer.alloc(10), timestampMs: noon, headers: [], ...change };
  return { topic, partition, offset: BigInt(offset), row: createLakeRowReader().read({ ...record, offset: BigInt(offset) }) };
}

const scopes = ['acme/s1', 'acme/s2', 'acme/s10', 'globex/s1', 'globex/s1'];
const partitions = [0, 1, 2].map((partition) =>
  Array.from({ length: 9 }, (_value, offset) =>
    rowAt(partition, offset, scopes[(offset * 7 + partition) % scopes.length] ?? '', {
      timestampMs: noon + (offset % 4 === 3 ? 86_400_000 : 0),
    }),
  ),
);

function namesOf(files: readonly LakeFile[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    files.map(({ tenantId, day, part, rows }) => [
      `${tenantId} ${day} ${part}`,
      rows.map(({ partition, offset, row }) => `${row.names.sessionId} ${partition} ${offset}`),
    ]),
  );
}

test('a tenant has one file a day of a batch, in which the records of a session stand together, in the order of the topic', () => {
  const files = namesOf(filesOf(partitions.flat(), ranges));
  assert.deepEqual([...files.keys()].toSorted(), ['acme 2026-11-22 0', 'acme 2026-11-23 0', 'globex 2026-11-22 0', 'globex 2026-11-23 0']);
  for (const rows of files.values()) {
    const sessions = rows.map((row) => row.split(' ')[0] ?? '');
    assert.deepEqual(sessions, sessions.toSorted());
    assert.deepEqual(rows, rows.toSorted());
  }
  assert.equal([...files.values()].flat().length, 27);
});

test('files are the same in whatever turns their partitions were read', () => {
  const whole = namesOf(filesOf(partitions.flat(), ranges, 40));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 0, maxLength: 60 }), (turns) => {
      const left = partitions.map((rows) => rows.values());
      const read: SinkRow<LakeRow>[] = [];
      for (const turn of turns) {
        const next = left[turn]?.next();
        if (next?.done === false) read.push(next.value);
      }
      for (const rows of left) read.push(...rows);
      assert.deepEqual(namesOf(filesOf(read, ranges, 40)), whole);
    }),
  );
});

test('a file ends with the value that fills it, and deletions count for nothing', () => {
  const rows = [10, 10, 10, null, 25, 40, 1].map((bytes, offset) =>
    rowAt(0, offset, 'acme/s1', { value: bytes === null ? null : Buffer.alloc(bytes) }),
  );
  const files = filesOf(rows, ranges, 20);
  assert.deepEqual(
    files.map(({ part, rows: inside }) => [part, inside.map(({ offset }) => Number(offset))]),
    [
      [0, [0, 1]],
      [1, [2, 3, 4]],
      [2, [5]],
      [3, [6]],
    ],
  );
  assert.deepEqual(filesOf([], ranges), []);
});
