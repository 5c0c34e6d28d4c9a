import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ChangelogEntry, ChangelogPosition } from '../task-state.ts';
import { RestoreBuffer } from './restore-buffer.ts';

const record = (key: string, value: string | null): ChangelogEntry => ({
  store: 'counts',
  key: Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
});
const positionAt = (nextOffset: bigint): ReadonlyMap<string, ChangelogPosition> => new Map([['counts', { nextOffset, topicId: 'topic' }]]);

function contents(buffer: RestoreBuffer) {
  const part = buffer.take();
  // In two pieces: a batch is made of many.
  const entries = [...part.entries(0, 1), ...part.entries(1, part.count)];
  return {
    values: entries.map(({ key, value }) => `${key.toString()}=${value?.toString() ?? 'deleted'}`).sort(),
    nextOffset: part.positions.get('counts')?.nextOffset,
  };
}

test('the last value of a key and the last position stay, whatever came before', () => {
  const buffer = new RestoreBuffer();
  buffer.add([record('a', '1'), record('b', '1')], positionAt(2n));
  buffer.add([record('a', null)], positionAt(3n));
  assert.deepEqual(contents(buffer), { values: ['a=deleted', 'b=1'], nextOffset: 3n });
  assert.equal(buffer.isEmpty, true);
});

test('K2: a part that could not be written never hides what was read after it', () => {
  const buffer = new RestoreBuffer();
  buffer.add([record('a', 'old'), record('b', 'old')], positionAt(2n));
  const failed = buffer.take();
  buffer.add([record('a', 'new')], positionAt(3n));
  buffer.giveBack(failed);
  assert.deepEqual(contents(buffer), { values: ['a=new', 'b=old'], nextOffset: 3n });
});

test('the bytes held fall back to none with the contents; a value of the same length takes no more', () => {
  const buffer = new RestoreBuffer();
  buffer.add([record('a', 'x'.repeat(1000))], positionAt(1n));
  const before = buffer.bytes;
  buffer.add([record('a', 'y'.repeat(1000))], positionAt(2n));
  assert.equal(buffer.bytes, before);
  buffer.take();
  assert.equal(buffer.bytes, 0);
});

test('values of any length, also longer than a piece of memory, come back as they were, by store', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ store: fc.constantFrom('one', 'two'), key: fc.nat(8), length: fc.option(fc.nat(3)) })), (writes) => {
      const lengths = [0, 5, 700_000, 1_500_000];
      const buffer = new RestoreBuffer();
      const expected = new Map<string, Buffer | null>();
      for (const [index, { store, key, length }] of writes.entries()) {
        const value = length === null ? null : Buffer.alloc(lengths[length] ?? 0, index);
        buffer.add([{ store, key: Buffer.from([0xff, key]), value }], new Map());
        expected.set(`${store} ${key}`, value);
      }
      const part = buffer.take();
      const found = part.entries(0, part.count).map(({ store, key, value }) => [`${store} ${key[1] ?? 0}`, value] as const);
      assert.equal(found.length, expected.size);
      for (const [id, value] of found)
        assert.ok(value === null ? expected.get(id) === null : value.equals(expected.get(id) ?? Buffer.alloc(1)));
    }),
    { numRuns: 50 },
  );
});
