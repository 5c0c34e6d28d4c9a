import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Guide } from '../../../schemas/types/guide.ts';
import { escapeMarkdown, jsonForScript, markdownCode, safeUrl } from './escape.ts';
import { renderGuideHtml } from './guide-html.ts';
import { renderGuideJson } from './guide-json.ts';
import { renderGuideMarkdown } from './guide-markdown.ts';
import { sampleGuide, sampleImages } from './render-fixtures.ts';
import { keysOf, titleParts } from './step-text.ts';

const imageHref = (key: string): string => `../../../${key}`;
const attack = `</script><script>alert(1)</script><img src=x onerror=alert(1)>"'\`--> <!-- javascript:alert(1)`;

/** Every text that a stranger can choose holds the attack. */
function attackedGuide(text: string): Guide {
  const [first] = sampleGuide.steps;
  assert.ok(first !== undefined);
  const value = {
    value: text,
    title: `Click ${text}`,
    description: text,
    target: { name: text, role: text },
    page: { url: text, title: text },
  };
  const kinds = ['click', 'type', 'shortcut'] as const;
  const steps = kinds.map((kind, index) => ({ ...first, ...value, kind, order: index + 1, stepId: text }));
  return { ...sampleGuide, title: text, summary: text, warnings: [text], redactions: [{ kind: text, count: 1 }], steps };
}

describe('guide documents', () => {
  for (const [name, render] of [
    ['guide.json', () => renderGuideJson(sampleGuide)],
    ['guide.html', () => renderGuideHtml(sampleGuide, sampleImages)],
    ['guide.md', () => renderGuideMarkdown(sampleGuide, imageHref)],
  ] as const) {
    it(`${name} is byte for byte the golden file`, async () => {
      const golden = new URL(`../../../../sinks/s3/render/testdata/${name}`, import.meta.url);
      const actual = render();
      const wanted = await readFile(golden).catch(() => Buffer.alloc(0));
      if (!wanted.equals(actual)) await writeFile(join(tmpdir(), `stepwright-${name}`), actual);
      assert.ok(wanted.equals(actual), `differs; what was rendered is in ${join(tmpdir(), `stepwright-${name}`)}`);
      assert.ok(render().equals(actual));
    });
  }
  it('guide.json does not depend on the order in which fields were set', () => {
    const reversed: Guide = JSON.parse(JSON.stringify(sampleGuide), (_key, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).reverse()) : value,
    );
    assert.ok(renderGuideJson(reversed).equals(renderGuideJson(sampleGuide)));
  });
});

describe('guide.html', () => {
  it('holds no markup that comes from a recording', () => {
    const html = renderGuideHtml(attackedGuide(attack), new Map()).toString();
    assert.equal(html.match(/<script/g)?.length, 1, 'the JSON-LD block only');
    assert.equal(html.match(/<\/script/g)?.length, 1);
    assert.doesNotMatch(html, /<img/);
    assert.doesNotMatch(html.replace(/"[^"]*"/g, '""'), /<[^>]*\son\w+\s*=/);
    assert.doesNotMatch(html, /href="(?!#|https?:)/);
  });
  it('stays well-formed for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const html = renderGuideHtml(attackedGuide(text), new Map()).toString();
        const body = html.slice(html.indexOf('<body>')).replace(/<\/?[a-z][a-z0-9]*(?: [a-z-]+="[^"<>]*")*>/g, '');
        assert.doesNotMatch(body, /[<>"]/, 'every angle bracket and quote belongs to a tag of ours');
      }),
      { numRuns: 300 },
    );
  });
  it('carries JSON-LD that parses back to the guide', () => {
    const html = renderGuideHtml(attackedGuide(attack), new Map()).toString();
    const block = /<script type="application\/ld\+json">(.*?)<\/script>/s.exec(html)?.[1] ?? '';
    const parsed: { name: string; step: { position: number }[] } = JSON.parse(block);
    assert.equal(parsed.name, attack);
    assert.deepEqual(
      parsed.step.map(({ position }) => position),
      [1, 2, 3],
    );
  });
  it('inlines pictures of known types only, and says so when one is missing', () => {
    const svg = new Map([['images/acme/i1-full.png', { body: Buffer.from('<svg onload=alert(1)>'), contentType: 'image/svg+xml' }]]);
    for (const images of [svg, new Map<string, never>()]) {
      const html = renderGuideHtml(sampleGuide, images).toString();
      assert.doesNotMatch(html, /<img/);
      assert.match(html, /The screenshot of this step is not available/);
    }
  });
  it('names its own style in its policy and needs no inline style', () => {
    const html = renderGuideHtml(sampleGuide, sampleImages).toString();
    assert.match(html, /default-src 'none'; img-src data:; style-src 'sha256-[A-Za-z0-9+/=]{44}'/);
    assert.doesNotMatch(html, /\sstyle="/);
  });
});

describe('guide.md', () => {
  it('takes the power from every markup of the recording', () => {
    const hostile = '[x](javascript:alert(1)) ![y](z) <b> # * _ ` | http://evil.example www.evil.example a@b.c\n\n## New heading';
    const markdown = renderGuideMarkdown(attackedGuide(hostile), imageHref).toString();
    assert.doesNotMatch(markdown, /\n## New heading/);
    const outsideCode = markdown.replace(/^(Value|Keys): `.*$/gm, '');
    assert.doesNotMatch(outsideCode, /(?<!\\)\[x(?<!\\)\]\(/);
    assert.doesNotMatch(outsideCode, /<b>/);
    assert.doesNotMatch(outsideCode, /http:\/\/evil/);
  });
  it('escapes a list or heading mark at the beginning', () => {
    assert.deepEqual(['1. x', '- x', '# x', '=== x', '> x'].map(escapeMarkdown), ['1\\. x', '\\- x', '\\# x', '\\=== x', '&gt; x']);
  });
  it('fences code longer than any run of backticks in it', () => {
    assert.equal(markdownCode('a'), '`a`');
    assert.equal(markdownCode('a``b'), '``` a``b ```');
  });
});

describe('texts of a step', () => {
  it('makes the element’s name strong, once, wherever it stands', () => {
    const parts = titleParts({ title: 'Click Save in Save settings', target: { name: 'Save', role: 'button' } });
    assert.deepEqual(parts.map(({ text, strong }) => (strong ? `*${text}*` : text)).join(''), 'Click *Save* in Save settings');
    assert.deepEqual(titleParts({ title: 'Go back', target: { name: '', role: 'link' } }), [{ text: 'Go back', strong: false }]);
  });
  it('takes a shortcut apart, the plus key too', () => {
    assert.deepEqual(keysOf({ kind: 'shortcut', value: 'Control+Shift++' }), ['Control', 'Shift', '+']);
    assert.deepEqual(keysOf({ kind: 'type', value: 'a+b' }), []);
  });
  it('follows http and https addresses only', () => {
    const urls = [
      'https://a.example/x?q=1',
      'javascript:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
      ' JaVaScRiPt:alert(1)',
      'not a url',
    ];
    assert.deepEqual(urls.map(safeUrl), ['https://a.example/x?q=1', undefined, undefined, undefined, undefined, undefined]);
  });
  it('writes data blocks that nothing can end', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = jsonForScript({ text });
        assert.doesNotMatch(json, /[<>&\u2028\u2029]/);
        assert.deepEqual(JSON.parse(json), { text });
      }),
    );
  });
});
