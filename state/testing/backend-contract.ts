import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../topology/base/errors.ts';
import type { Backend, BackendCursor } from '../backend.ts';
import type { ContractBackend } from './contract-backend.ts';
import { defaultStateBudgets } from '../task-state.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

/** The port itself: order, atomic batches, cursors, life cycle. */
export function backendContract({ name, createFactory, createDirectory }: ContractBackend): void {
  const open = (): Promise<Backend> => createFactory().open(createDirectory(), defaultStateBudgets);

  test(`${name}: a batch is seen whole once written and not before`, async () => {
    const backend = await open();
    const batch = backend.batch();
    batch.put(bytes('a'), bytes('1'));
    batch.put(bytes('b'), bytes('2'));
    batch.delete(bytes('a'));
    assert.deepEqual(backend.getMany([bytes('a'), bytes('b')]), [undefined, undefined]);
    batch.write();
    batch.close();
    assert.deepEqual(backend.getMany([bytes('b'), bytes('a'), bytes('b')]), [bytes('2'), undefined, bytes('2')]);
    await backend.close();
  });

  test(`${name}: scans give any range in memcmp order, both ways and in any chunks`, async () => {
    const key = fc.uint8Array({ maxLength: 4 }).map((array) => Buffer.from(array));
    const backend = await open();
    const inputs = fc.record({
      keys: fc.array(key, { maxLength: 40 }),
      from: key,
      to: key,
      reverse: fc.boolean(),
      chunk: fc.integer({ min: 1, max: 7 }),
    });
    await fc.assert(
      fc.asyncProperty(inputs, async ({ keys, from, to, reverse, chunk }) => {
        await backend.deleteRange(Buffer.alloc(0), Buffer.alloc(5, 0xff));
        write(backend, keys);
        const inside = unique(keys).filter((one) => one.compare(from) >= 0 && one.compare(to) < 0);
        const expected = reverse ? inside.reverse() : inside;
        assert.deepEqual(readAll(backend.scan({ from, to, reverse }), chunk), expected);
      }),
      { numRuns: 60 },
    );
    await backend.close();
  });

  test(`${name}: rows outlive a close, and a range delete leaves its neighbours`, async () => {
    const factory = createFactory();
    const directory = createDirectory();
    const first = await factory.open(directory, defaultStateBudgets);
    write(first, ['a', 'b', 'c', 'd'].map(bytes));
    await first.deleteRange(bytes('b'), bytes('d'));
    await first.close();
    const second = await factory.open(directory, defaultStateBudgets);
    assert.deepEqual(readAll(second.scan({ from: bytes('a'), to: bytes('z') }), 10), [bytes('a'), bytes('d')]);
    await second.close();
    await factory.destroy(directory);
    const third = await factory.open(directory, defaultStateBudgets);
    assert.deepEqual(third.getMany([bytes('a')]), [undefined]);
    await third.close();
  });

  test(`${name}: a second opener is refused with STATE_LOCKED, a closed backend answers STATE_CLOSED`, async () => {
    const factory = createFactory();
    const directory = createDirectory();
    const backend = await factory.open(directory, defaultStateBudgets);
    await assert.rejects(factory.open(directory, defaultStateBudgets), (error) => hasCode(error, 'STATE_LOCKED'));
    const cursor = backend.scan({ from: bytes('a'), to: bytes('b') });
    assert.equal(backend.openCursorCount(), 1);
    cursor.close();
    assert.equal(backend.openCursorCount(), 0);
    await backend.close();
    await backend.close();
    assert.throws(
      () => backend.getMany([bytes('a')]),
      (error) => hasCode(error, 'STATE_CLOSED'),
    );
    assert.throws(
      () => backend.batch(),
      (error) => hasCode(error, 'STATE_CLOSED'),
    );
  });
}

function write(backend: Backend, keys: readonly Buffer[]): void {
  const batch = backend.batch();
  for (const key of keys) batch.put(key, key);
  batch.write();
  batch.close();
}

function readAll(cursor: BackendCursor, chunk: number): Buffer[] {
  const keys: Buffer[] = [];
  for (let rows = cursor.next(chunk); rows.length > 0; rows = cursor.next(chunk)) {
    assert.ok(rows.length <= chunk * 2);
    keys.push(...rows.filter((_row, index) => index % 2 === 0));
  }
  cursor.close();
  return keys;
}

function unique(keys: readonly Buffer[]): Buffer[] {
  const sorted = keys.toSorted((one, other) => one.compare(other));
  return sorted.filter((key, index) => index === 0 || !key.equals(sorted[index - 1] ?? Buffer.alloc(0)));
}
