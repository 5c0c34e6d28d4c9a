import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compatibilityProblems } from './compatibility.ts';

const record = (...fields: readonly object[]): string => JSON.stringify({ type: 'record', name: 'R', fields });
const field = (name: string, type: unknown, more: object = {}): object => ({ name, type, ...more });
const color = (symbols: readonly string[], more: object = {}): object => field('color', { type: 'enum', name: 'Color', symbols, ...more });
const optional = (type: unknown): object => field('a', ['null', type], { default: null });

const allowed: readonly (readonly [string, string, string])[] = [
  ['the same schema', record(field('a', 'string')), record(field('a', 'string'))],
  ['a field added with a default', record(field('a', 'string'), field('b', 'int', { default: 3 })), record(field('a', 'string'))],
  ['a field removed', record(field('a', 'string')), record(field('a', 'string'), field('b', 'int'))],
  ['a field renamed with an alias', record(field('z', 'string', { aliases: ['a'] })), record(field('a', 'string'))],
  ['a field made optional', record(optional('string')), record(field('a', 'string'))],
  ['a number made wider', record(field('a', 'double')), record(field('a', 'int'))],
  ['an enum symbol added', record(color(['red', 'blue'])), record(color(['red']))],
];
for (const [sentence, newer, older] of allowed) {
  test(`compatible: ${sentence}`, () => assert.deepEqual(compatibilityProblems(newer, older), []));
}

const refused: readonly (readonly [string, string, string, RegExp])[] = [
  [
    'a field added without a default',
    record(field('a', 'string'), field('b', 'int')),
    record(field('a', 'string')),
    /^R\.b: added without a default$/,
  ],
  ['a field made required', record(field('a', 'string')), record(optional('string')), /^R\.a: was optional, now required$/],
  ['a number made narrower', record(field('a', 'int')), record(field('a', 'long')), /^R\.a: changed from long to int$/],
  [
    'another type',
    record(field('a', { type: 'array', items: 'int' })),
    record(field('a', 'string')),
    /^R\.a: changed from string to array$/,
  ],
  [
    'an enum symbol removed, even with a default',
    record(color(['red'], { default: 'red' })),
    record(color(['red', 'blue'])),
    /^R\.color: symbol blue was removed$/,
  ],
  [
    'an enum symbol that means another value',
    record(color(['dark_red'], { jsNames: { dark_red: 'dark.red' } })),
    record(color(['dark_red'])),
    /means another value/,
  ],
  [
    'another type inside an array',
    record(field('a', { type: 'array', items: 'int' })),
    record(field('a', { type: 'array', items: 'string' })),
    /^R\.a\[\]: changed/,
  ],
];
for (const [sentence, newer, older, expected] of refused) {
  test(`refused: ${sentence}`, () => assert.match(compatibilityProblems(newer, older).join('\n'), expected));
}
