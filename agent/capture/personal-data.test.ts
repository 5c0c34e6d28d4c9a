import assert from 'node:assert/strict';
import { test } from 'node:test';
import { personalRanges } from './personal-data.ts';

const found = (text: string) => personalRanges(text).map(([start, end]) => text.slice(start, end));

test('each kind is found inside a sentence, and only it', () => {
  assert.deepEqual(found('Write to grace.hopper+x@mail.example.com, please'), ['grace.hopper+x@mail.example.com']);
  assert.deepEqual(found('Card 4111 1111 1111 1111 expires'), ['4111 1111 1111 1111']);
  assert.deepEqual(found('Pay to DE89 3704 0044 0532 0130 00 today'), ['DE89 3704 0044 0532 0130 00']);
  assert.deepEqual(found('Call +49 (30) 1234 567 now'), ['+49 (30) 1234 567']);
  assert.deepEqual(found('SSN 123-45-6789'), ['123-45-6789']);
  assert.deepEqual(found('from 203.0.113.7 at noon'), ['203.0.113.7']);
  assert.deepEqual(found(`token ghp_${'a1B2'.repeat(9)} end`), [`ghp_${'a1B2'.repeat(9)}`]);
});

test('what interfaces are full of is left alone', () => {
  const harmless = [
    'Order 1234567890123',
    'v1.2.3',
    '10.0',
    '2026-11-22 10:41:07',
    '1,234.56 €',
    '127.0.0.1:8080',
    '4111 1111 1111 1112',
    'a_b_c',
    '@media print',
    'C++',
  ];
  for (const text of harmless) assert.deepEqual(found(text), [], text);
});

test('a long text without any costs a time in proportion to its length', () => {
  for (const unit of ['a.', '1 ', '1-', 'AB12', '@a.', '+1 ', 'eyJa']) assert.ok(personalRanges(unit.repeat(20_000)).length >= 0);
});
