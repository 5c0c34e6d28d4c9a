import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import { sealed } from '../../schemas/sealed.ts';
import { jsonSerde } from '../../schemas/serdes.ts';
import { timestampedSerde } from '../../state/stores/ttl-store.ts';
import { belongsTo, worthOf } from './worth.ts';

const key = Buffer.from('acme/s1');
const state = { title: 'How to call the fallow deer', steps: [1, 2, 3] };

test('a sealed value is unreadable, in a row of a TTL store too; a plain one is readable, whatever its store declares', () => {
  const plain = jsonSerde<typeof state>();
  const seal = sealed(plain, createMemoryKeyring('seed'));
  const stamp = <T>(value: T) => ({ value, timestampMs: 1_700_000_000_000 });
  assert.equal(worthOf(seal.serialize(state, key)), 'unreadable');
  assert.equal(worthOf(timestampedSerde(seal).serialize(stamp(state), key)), 'unreadable');
  assert.equal(worthOf(plain.serialize(state, key)), 'readable');
  assert.equal(worthOf(timestampedSerde(plain).serialize(stamp(state), key)), 'readable');
});

test('a plain value that begins like a sealed one is readable', () => {
  assert.equal(worthOf(Buffer.concat([Buffer.of(1), Buffer.from(JSON.stringify(state))])), 'readable');
});

test('tombstones and flags are worth no more than the key they stand beside', () => {
  const flag = timestampedSerde(jsonSerde<true>()).serialize({ value: true, timestampMs: 5 }, key);
  assert.deepEqual([worthOf(null), worthOf(flag)], ['id', 'id']);
});

test('a session is not the one whose name it begins with', () => {
  const of = (text: string): boolean => belongsTo(Buffer.from(text), 'acme/s1');
  assert.deepEqual(['acme/s1', 'acme/s1/step', 'acme/s1\nhash', 'acme/s1\0step', 'acme/s10', 'acme.b/s1', 's1'].map(of), [
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});
