import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { generateEventDocs, readSchemaFiles } from './codegen/generate.ts';
import { createEventParser } from './validate-event.ts';

const packageRoot = fileURLToPath(new URL('../../', import.meta.url));
const text = readFileSync(`${packageRoot}docs/events.md`, 'utf8');
const examples = [...text.matchAll(/```jsonl\n([^]*?)```/g)].flatMap((block) => (block[1] ?? '').trim().split('\n'));

test('every example in docs/events.md is an event of the contract and comes through unchanged', () => {
  const parser = createEventParser();
  assert.ok(examples.length > 15);
  for (const [index, line] of examples.entries()) {
    const json: unknown = JSON.parse(line);
    const parsed = index === 0 ? parser.parse(json) : parser.parseFromAgent(json);
    assert.deepEqual(parsed, { ok: true, event: json }, line);
  }
});

test('the examples number their events without holes', () => {
  const seqs = examples.map((line) => Number(/"seq":(\d+)/.exec(line)?.[1]));
  assert.deepEqual(seqs, [...seqs.keys()]);
});

test('the tables of docs/events.md are what the schema and the kind rules say (run: node dist/schemas/codegen/generate.js)', () => {
  assert.match(text, /\| `pointer\.down` \| agent \|/);
  assert.match(text, /\| `url` \| string, at most 8192 bytes \| yes \|/);
  assert.equal(generateEventDocs(readSchemaFiles(`${packageRoot}schemas/avro`), text), text);
});
