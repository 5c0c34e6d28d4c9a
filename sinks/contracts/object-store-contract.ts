import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { hasCode } from '../../topology/base/errors.ts';

/** A store for one test, empty. `close` may delete it. */
export type OpenObjectStore = () => Promise<{ readonly store: ObjectStore; readonly close: () => Promise<void> }>;

const text = { contentType: 'text/plain' } as const;

export interface ContractLimits {
  /** The server behind the store keeps objects as files, so that `a` and `a/b` cannot both be there. Nothing of ours needs it. */
  readonly isFileBound?: boolean;
}

/** What every implementation of the ObjectStore port promises. */
export function objectStoreContract(name: string, open: OpenObjectStore, limits: ContractLimits = {}): void {
  const test = (title: string, body: (store: ObjectStore) => Promise<void>): void => {
    it(title, async () => {
      const { store, close } = await open();
      try {
        await body(store);
      } finally {
        await close();
      }
    });
  };
  describe(`object store contract: ${name}`, () => {
    writing(test);
    listing(test, limits);
    pointers(test);
    keys(test, limits);
  });
}

type Test = (title: string, body: (store: ObjectStore) => Promise<void>) => void;

function writing(test: Test): void {
  test('gives back the bytes, the size and the content type', async (store) => {
    const cases = [
      ['a/b/guide.html', 'text/html; charset=utf-8'],
      ['a/b/other.html', 'application/octet-stream'],
      ['a/b/no-extension', 'image/webp'],
      ['x', 'application/json'],
      ['a/day=2026-11-22/x.parquet', 'application/vnd.apache.parquet'],
    ] as const;
    for (const [key, contentType] of cases) {
      assert.equal(await store.put(key, Buffer.from(`body of ${key}`), { contentType }), true);
    }
    for (const [key, contentType] of cases) {
      assert.equal((await store.get(key))?.toString(), `body of ${key}`);
      assert.deepEqual(await store.head(key), { sizeBytes: `body of ${key}`.length, contentType });
    }
  });
  test('keeps an empty object and any bytes', async (store) => {
    const all = Buffer.from(Array.from({ length: 256 }, (_value, index) => index));
    await store.put('empty', Buffer.alloc(0), text);
    await store.put('all.png', all, { contentType: 'image/png' });
    assert.equal((await store.get('empty'))?.length, 0);
    assert.deepEqual(await store.get('all.png'), all);
  });
  test('answers undefined for what is not there, also below another object', async (store) => {
    await store.put('a', Buffer.from('1'), text);
    assert.equal(await store.get('b'), undefined);
    assert.equal(await store.head('b'), undefined);
    assert.equal(await store.get('a/b'), undefined);
  });
  test('replaces an object, and its content type', async (store) => {
    for (const contentType of ['application/json', 'text/plain', 'application/json']) {
      await store.put('a/doc.json', Buffer.from(contentType), { contentType });
      assert.equal((await store.get('a/doc.json'))?.toString(), contentType);
      assert.equal((await store.head('a/doc.json'))?.contentType, contentType);
    }
  });
  test('lets the first write win with ifAbsent, also among concurrent writers', async (store) => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_value, index) => store.put('first', Buffer.from(String(index)), { ...text, ifAbsent: true })),
    );
    assert.equal(answers.filter(Boolean).length, 1);
    assert.equal((await store.get('first'))?.toString(), String(answers.indexOf(true)));
    assert.equal(await store.put('first', Buffer.from('late'), { contentType: 'image/png', ifAbsent: true }), false);
  });
  test('deletes, and deleting what is not there is no error', async (store) => {
    await store.put('a/doc.json', Buffer.from('1'), { contentType: 'application/json' });
    await store.delete('a/doc.json');
    await store.delete('a/doc.json');
    assert.equal(await store.get('a/doc.json'), undefined);
    assert.equal(await store.put('a/doc.json', Buffer.from('2'), { contentType: 'application/json', ifAbsent: true }), true);
  });
}

function listing(test: Test, limits: ContractLimits): void {
  test('lists by prefix in key order, inside segments too', async (store) => {
    const all = possible(['a/1', 'a/1.json', 'a/1/x', 'a-b/2', 'A/3', 'a', 'ab', 'b/4'], limits);
    for (const key of all) await store.put(key, Buffer.from(key), text);
    for (const prefix of ['', 'a', 'a/', 'a/1', 'a/1.', 'A', 'ab']) {
      assert.deepEqual(await keysOf(store, prefix), all.filter((key) => key.startsWith(prefix)).sort(), `below "${prefix}"`);
    }
    assert.deepEqual(await keysOf(store, 'none/'), []);
  });
  test('lists the size of the body', async (store) => {
    await store.put('p/one.png', Buffer.alloc(10), { contentType: 'image/png' });
    await store.put('p/two', Buffer.alloc(20), { contentType: 'image/png' });
    const sizes = [];
    for await (const entry of store.list('p/')) sizes.push(entry.sizeBytes);
    assert.deepEqual(sizes, [10, 20]);
  });
}

function pointers(test: Test): void {
  test('replaces a pointer by a higher position only, whoever comes late', async (store) => {
    assert.equal(await store.put('current', Buffer.from('5'), { ...text, position: 5n }), true);
    assert.equal(await store.put('current', Buffer.from('4'), { ...text, position: 4n }), false);
    assert.equal(await store.put('current', Buffer.from('5'), { ...text, position: 5n }), true);
    assert.equal((await store.get('current'))?.toString(), '5');
    assert.equal(await store.put('current', Buffer.from('9007199254740993'), { ...text, position: 9007199254740993n }), true);
    assert.equal(await store.put('current', Buffer.from('x'), { ...text, position: 9007199254740992n }), false);
  });
  test('keeps positions apart under one body', async (store) => {
    for (const position of [4n, 9n]) assert.equal(await store.put('same', Buffer.from('{}'), { ...text, position }), true);
    assert.equal(await store.put('same', Buffer.from('{}'), { ...text, position: 5n }), false);
    assert.deepEqual(await store.head('same'), { sizeBytes: 2, ...text });
  });
  test('makes a pointer with ifAbsent where there is none, and then replaces it by its position', async (store) => {
    assert.equal(await store.put('current', Buffer.from('5'), { ...text, position: 5n, ifAbsent: true }), true);
    for (const position of [4n, 5n, 9n]) {
      assert.equal(await store.put('current', Buffer.from('x'), { ...text, position, ifAbsent: true }), false);
    }
    assert.equal(await store.put('current', Buffer.from('4'), { ...text, position: 4n }), false);
    assert.equal((await store.get('current'))?.toString(), '5');
    assert.equal(await store.put('current', Buffer.from('6'), { ...text, position: 6n }), true);
  });
  test('ends with the highest position among concurrent writers', async (store) => {
    const positions = [3n, 9n, 1n, 7n, 8n, 2n];
    await Promise.all(positions.map((position) => store.put('p/current', Buffer.from(position.toString()), { ...text, position })));
    assert.equal((await store.get('p/current'))?.toString(), '9');
  });
}

function keys(test: Test, limits: ContractLimits): void {
  test('refuses keys that lead elsewhere, with a code and without writing', async (store) => {
    for (const key of [
      '',
      '/a',
      'a/',
      'a//b',
      '../a',
      'a/../b',
      './a',
      'a\\b',
      'a b',
      'ä',
      'a\0b',
      'a:b',
      '~a',
      'x'.repeat(121),
      'x/'.repeat(600) + 'x',
    ]) {
      for (const attempt of [
        () => store.put(key, Buffer.from('1'), text),
        () => store.get(key),
        () => store.head(key),
        () => store.delete(key),
      ]) {
        await assert.rejects(attempt, (error) => hasCode(error, 'OBJECT_KEY_INVALID'), JSON.stringify(key));
      }
    }
    await assert.rejects(keysOf(store, '../'), (error) => hasCode(error, 'OBJECT_KEY_INVALID'));
    assert.deepEqual(await keysOf(store, ''), []);
  });
  test('keeps keys apart that differ in case or in what stands below them', async (store) => {
    const all = possible(['t/a', 't/A', 'T/a', 'x.json', 'x.json/y', 'x.json/y.json/z'], limits);
    for (const key of all) await store.put(key, Buffer.from(key), { contentType: 'application/json' });
    for (const key of all) assert.equal((await store.get(key))?.toString(), key);
    assert.deepEqual(await keysOf(store, ''), [...all].sort());
  });
}

/** Without the keys that have others below them, where that cannot be. */
function possible(all: readonly string[], { isFileBound = false }: ContractLimits): readonly string[] {
  return all.filter((key) => !isFileBound || !all.some((other) => other.startsWith(`${key}/`)));
}

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of store.list(prefix)) found.push(entry.key);
  return found;
}
