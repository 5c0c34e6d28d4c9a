import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { maskSecrets, rememberSecret } from './secret-memory.ts';

const scope = 'acme/s1';
const remembered = (...secrets: readonly string[]) =>
  secrets.reduce<readonly string[]>((digests, secret) => rememberSecret(scope, digests, secret), []);

describe('remembered secrets', () => {
  it('are masked as words, in quotes, at the end of a sentence, and inside an address', () => {
    const digests = remembered('Tr0ub4dor');
    const cases = [
      ['use Tr0ub4dor here', 'use [password] here'],
      ['the word is "Tr0ub4dor".', 'the word is "[password]".'],
      ['/login?p=Tr0ub4dor&q=1', '/login?p=[password]&q=1'],
      ['Tr0ub4dor, Tr0ub4dor', '[password], [password]'],
    ] as const;
    for (const [text, masked] of cases) assert.equal(maskSecrets(scope, digests, text).text, masked);
  });

  it('may hold the signs that end a word', () => {
    for (const secret of ['pa:ss=w/ord?1&2#3', "it's,me;(now)", 'ends-with!', '(in brackets)'.replace(' ', '_')]) {
      const { text, count } = maskSecrets(scope, remembered(secret), `signed in with ${secret} today`);
      assert.deepEqual([text, count], ['signed in with [password] today', 1]);
    }
  });

  it('are the whole text, spaces included', () => {
    assert.deepEqual(maskSecrets(scope, remembered('correct horse battery'), 'correct horse battery'), { text: '[password]', count: 1 });
  });

  it('belong to their session: another one shows the word', () => {
    assert.equal(maskSecrets('acme/s2', remembered('Tr0ub4dor'), 'Tr0ub4dor').text, 'Tr0ub4dor');
  });

  it('are too few letters to remember below four, and no labels', () => {
    assert.deepEqual([remembered('abc'), remembered('[password]')], [[], []]);
  });

  it('are bounded in number: the oldest goes first', () => {
    const digests = remembered(...Array.from({ length: 100 }, (_, index) => `secret-${index}`));
    assert.equal(digests.length, 64);
    assert.equal(maskSecrets(scope, digests, 'secret-99 secret-0').text, '[password] secret-0');
  });
});
