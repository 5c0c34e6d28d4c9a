import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChangelogEntry, ChangelogPosition } from '../task-state.ts';
import { RestoreBuffer } from './restore-buffer.ts';

const record = (key: string, value: string | null): ChangelogEntry => ({
  store: 'counts',
  key: Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
});
const positionAt = (nextOffset: bigint): ReadonlyMap<string, ChangelogPosition> => new Map([['counts', { nextOffset, topicId: 'topic' }]]);

function contents(buffer: RestoreBuffer) {
  const { records, positions } = buffer.take();
  return {
    values: records.map(({ key, value }) => `${key.toString()}=${value?.toString() ?? 'deleted'}`).sort(),
    nextOffset: positions.get('counts')?.nextOffset,
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

test('the bytes held fall back to none with the contents, and shrink when a value does', () => {
  const buffer = new RestoreBuffer();
  buffer.add([record('a', 'x'.repeat(1000))], positionAt(1n));
  const before = buffer.bytes;
  buffer.add([record('a', 'x')], positionAt(2n));
  assert.equal(buffer.bytes, before - 999);
  buffer.take();
  assert.equal(buffer.bytes, 0);
});
