import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { redactionKinds, type RedactionKind } from '../kinds.ts';
import { findAll, windowLength, windowOverlap, windowsOf } from './find-all.ts';
import type { Recognizer } from './recognizer.ts';
import { recognizers } from './recognizers.ts';
import { maxTextLength, redactText } from './text-redactor.ts';

const all = new Set(redactionKinds);

function mask(text: string, ...kinds: readonly RedactionKind[]): string {
  return redactText(text, kinds.length === 0 ? all : new Set(kinds), 'mask').text;
}

describe('searching a text', () => {
  it('shows a recognizer never more than one window, in a number of windows that grows with the text', () => {
    const seen: number[] = [];
    const spy: Recognizer = {
      name: 'spy',
      kind: 'card',
      mayHold: () => true,
      find: (text) => {
        seen.push(text.length);
        return [];
      },
    };
    for (const length of [0, 1, windowLength, windowLength + 1, 50_000, 100_000]) {
      seen.length = 0;
      findAll('1'.repeat(length), new Set(['card']), [spy]);
      assert.ok(Math.max(...seen) <= windowLength);
      assert.ok(seen.length <= 1 + length / (windowLength - windowOverlap), `${seen.length} windows for ${length}`);
    }
  });

  it('covers every position of a text by some window', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), (length) => {
        const windows = windowsOf(length);
        assert.equal(windows[0]?.start, 0);
        assert.equal(windows.at(-1)?.end, length);
        windows.slice(1).forEach((window, index) => assert.ok(window.start < (windows[index]?.end ?? 0)));
      }),
    );
  });

  it('finds a number wherever it stands in a long text, also across the edge of a window', () => {
    for (let before = windowLength - windowOverlap - 40; before < windowLength + 40; before += 7) {
      const text = `${'word '.repeat(Math.ceil(before / 5)).slice(0, before - 1)} 4242 4242 4242 4242 ${'more '.repeat(200)}`;
      assert.doesNotMatch(mask(text), /4242/, `${before} characters before`);
    }
  });

  it('finds the whole of a token or a private key that is longer than a window', () => {
    const head = Buffer.from('{"alg":"RS256"}').toString('base64url');
    const jwt = `${head}.${'eyJhbGciOiJSUzI1NiJ9'.repeat(300)}.${'aB3_'.repeat(100)}`;
    assert.equal(mask(`Token ${jwt} end`), 'Token [token] end');
    const key = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG\n'.repeat(300)}-----END PRIVATE KEY-----`;
    assert.equal(mask(`Key: ${key} after`), 'Key: [private key] after');
  });

  it('comes to an end on texts made to hurt a pattern, and finds nothing in them', () => {
    const hurtful = ['1', '1-', '1 ', '1.', 'a@', 'a.', '@', '::', 'a:', 'eyJ', 'A1', '%40', '/a', '?a=', '+', '(0', 'key=', 'AB12 '];
    for (const piece of hurtful) {
      const text = piece.repeat(Math.floor(maxTextLength / piece.length));
      assert.equal(mask(text), text, `${piece} over and over`);
    }
  });

  it('cuts what it does not look at and says so', () => {
    const text = `${'x '.repeat(maxTextLength / 2)}ann@example.com`;
    assert.match(mask(text), / \[cut\]$/);
    assert.doesNotMatch(mask(text), /ann@/);
  });

  it('changes nothing the second time', () => {
    const pieces = fc.constantFrom(
      'ann@example.com',
      '4242 4242 4242 4242',
      '10.1.2.33',
      'Tel 030 901820',
      'password: hunter2',
      'DE89370400440532013000',
      ' and ',
      'x',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (words) => {
        const once = mask(words.join(' '));
        assert.equal(mask(once), once);
      }),
    );
  });

  it('never throws and leaves what it does not mask as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const { found, text: masked } = redactText(text, all, 'mask');
        if (found.length === 0) assert.equal(masked, text);
      }),
    );
  });

  it('looks only for what the policy asks', () => {
    const text = 'ann@example.com or +44 20 7946 0958';
    assert.equal(mask(text, 'phone'), 'ann@example.com or [phone]');
    assert.equal(mask(text, 'e-mail'), '[e-mail] or +44 20 7946 0958');
  });

  it('masks the union of findings that overlap, under the stronger kind', () => {
    assert.equal(mask('Password: ann@example.com'), 'Password: [password]');
  });

  it('puts labels in place of the whole text when the policy says drop', () => {
    assert.deepEqual(redactText('Write to ann@example.com, call +44 20 7946 0958', all, 'drop'), {
      text: '[e-mail] [phone]',
      found: ['e-mail', 'phone'],
    });
    assert.deepEqual(redactText('Save', all, 'drop'), { text: 'Save', found: [] });
  });

  it('asks no recognizer about an ordinary label', () => {
    const asked = recognizers.filter((one) =>
      one.mayHold({ digitCount: 0, letterRun: false, hasAt: false, hasColon: false, hasEquals: false, hasSlash: false }),
    );
    assert.deepEqual(asked, []);
  });
});

describe('characters', () => {
  const cases = [
    ['full-width digits and letters', 'Ｃａｒｄ ４２４２ ４２４２ ４２４２ ４２４２', 'Ｃａｒｄ [card]'],
    ['Arabic-Indic digits', 'tel +٤٤ ٢٠ ٧٩٤٦ ٠٩٥٨', 'tel [phone]'],
    ['zero-width characters inside', 'an\u200bn@exam\u200dple.com!', '[e-mail]!'],
    ['soft hyphens inside', '4242\u00ad 4242\u00ad 4242 4242', '[card]'],
    ['no-break spaces and dashes', 'SSN 531\u201121\u20117351, 4111\u00a01111\u00a01111\u00a01111', 'SSN [national id], [card]'],
    ['characters outside the basic plane before it', '😀😀 ann@example.com 😀', '😀😀 [e-mail] 😀'],
    ['mathematical digits', '𝟒𝟐𝟒𝟐 𝟒𝟐𝟒𝟐 𝟒𝟐𝟒𝟐 𝟒𝟐𝟒𝟐', '[card]'],
  ] as const;
  for (const [what, text, expected] of cases) {
    it(`do not hide anything: ${what}`, () => assert.equal(mask(text), expected));
  }
});
