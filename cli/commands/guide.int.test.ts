import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { runCommandLine } from '../main.ts';

const folder = await mkdtemp(join(tmpdir(), 'stepwright-guide-'));
const alive = setInterval(() => {}, 1_000);
after(() => {
  clearInterval(alive);
  return rm(folder, { recursive: true, force: true });
});

const schema: object = JSON.parse(readFileSync(new URL('../../../docs/guide.schema.json', import.meta.url), 'utf8'));
const isGuide = new Ajv2020({ strict: false }).compile(schema);

const page = { url: 'javascript:alert(1)', title: '<script>alert(1)</script>' };
const click = { seq: 1, atMs: 1_790_000_000_000, kind: 'click', page, target: { role: 'button', name: '"><img src=x onerror=alert(1)>' } };
const finished = { seq: 3, atMs: 1_790_000_002_000, kind: 'session.finished' };

function screenshotOf(bytes: Buffer): Readonly<Record<string, unknown>> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const screenshot = { ofSeq: 1, phase: 'before', sha256, sizeBytes: bytes.length, mediaType: 'image/png' };
  return { seq: 2, atMs: 1_790_000_001_000, kind: 'screenshot', screenshot: { ...screenshot, width: 8, height: 8, scale: 1, masks: [] } };
}

async function write(name: string, ...events: readonly unknown[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, events.map((event) => (typeof event === 'string' ? event : JSON.stringify(event))).join('\n'));
  return path;
}

async function guide(...args: readonly string[]) {
  let [out, err] = ['', ''];
  const context = {
    env: {},
    stdout: (text: string) => void (out += text),
    stderr: (text: string) => void (err += text),
    stopped: new AbortController().signal,
  };
  const code = await runCommandLine(['guide', ...args], context);
  const documents: { readonly guideId: string; readonly warnings: readonly string[]; readonly steps: readonly object[] }[] = out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  for (const document of documents) assert.ok(isGuide(document), JSON.stringify(isGuide.errors));
  return { code, out, err, documents };
}

test('bad files stop no other: documents in argument order, each problem with its file, line and field, exit 1', async () => {
  const files = [
    await write('first.jsonl', click),
    await write('cut.jsonl', click, '{"seq":2,'),
    await write('field.jsonl', { ...click, target: { role: 'button', name: 7 } }),
    await write('empty.json', ''),
    await write('list.json', '[1, 2]'),
    join(folder, 'missing.json'),
    folder,
    await write('last.jsonl', { ...click, target: { role: 'link', name: 'Last' } }, { ...finished, seq: 9 }),
  ];
  const { code, documents, err } = await guide(...files);
  assert.equal(code, 1);
  assert.equal(documents.length, 2);
  assert.match(JSON.stringify(documents[1]), /Click Last/);
  assert.match(documents[1]?.warnings.join() ?? '', /7 events never arrived/);
  for (const sentence of [
    /cut\.jsonl: line 2: not valid JSON/,
    /field\.jsonl: line 1: target\.name/,
    /empty\.json: the file is empty/,
    /list\.json: the format is not known/,
    /missing\.json: there is no such file/,
    /it is a folder/,
  ])
    assert.match(err, sentence);
});

test('a picture that is none or is not there costs only itself, and the guide says so', async () => {
  const noImage = Buffer.from('no image at all');
  await mkdir(join(folder, 'screenshots'), { recursive: true });
  await writeFile(join(folder, 'screenshots', `${createHash('sha256').update(noImage).digest('hex')}.png`), noImage);
  const { code, documents } = await guide(
    await write('no-image.jsonl', click, screenshotOf(noImage), finished),
    await write('no-file.jsonl', click, screenshotOf(Buffer.from('elsewhere')), finished),
  );
  assert.equal(code, 0);
  for (const { steps, warnings } of documents) {
    assert.equal(steps.length, 1);
    assert.match(warnings.join(), /1 screenshot could not be taken/);
  }
});

test('running again on the same folder adds nothing twice, and another name of the same file is the same guide', async () => {
  const data = join(folder, 'data');
  const [file, copy] = [await write('again.jsonl', click, finished), await write('copy.jsonl', click, finished)];
  const first = await guide(file, '--data', data);
  const second = await guide(file, copy, '--data', data);
  assert.equal(second.out, first.out + first.out);
});

test('what a page wrote into names, titles and addresses stays text in guide.html and guide.md', async () => {
  const out = join(folder, 'out');
  const file = await write('hostile.jsonl', click, { ...finished, seq: 2 });
  assert.equal((await guide(file, '--out', out)).code, 0);
  const html = readFileSync(join(out, 'hostile', 'guide.html'), 'utf8');
  assert.doesNotMatch(html, /<script>alert|<img src=x|href="javascript:/i);
  assert.doesNotMatch(readFileSync(join(out, 'hostile', 'guide.md'), 'utf8'), /<script|<img|\]\(javascript:/i);
  assert.ok(existsSync(join(out, 'hostile', 'guide.json')));
});
