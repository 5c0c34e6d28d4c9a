import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parseSchema } from './codec/parse-schema.ts';
import { isFields, type RecordNode } from './codec/schema-model.ts';
import { guideSchemaId, toGuideDocument } from './guide-document.ts';
import type { Guide } from './types/guide.ts';
import { topicSchemas } from './types/topic-records.ts';

const guide: Guide = {
  schemaVersion: 1,
  guideId: 'g-1',
  tenantId: 'tenant-1',
  sessionId: 's-1',
  revision: { ordinal: 9, timer: 0, final: true },
  title: 'How to change the billing address in Example',
  summary: 'Open the settings and save a new address.',
  missedEvents: 0,
  durationMs: 9000,
  redactions: [{ kind: 'email', count: 2 }],
  warnings: [],
  steps: [
    { order: 1, stepId: 'a', kind: 'navigate', title: 'Open Example', description: '', target: { name: '', role: 'generic' }, atMs: 0 },
    {
      order: 2,
      stepId: 'b',
      kind: 'double-click',
      title: 'Double-click Save',
      description: 'In Billing settings',
      target: { name: 'Save', role: 'button' },
      value: 'x',
      page: { url: 'https://example.com/', title: 'Example' },
      image: {
        imageId: 'i',
        fullKey: 'i/full.webp',
        thumbnailKey: 'i/thumb.webp',
        cropKey: 'i/crop.webp',
        annotatedKey: 'i/ann.webp',
        width: 1440,
        height: 900,
        click: { x: 1, y: 2 },
        highlight: { x: 0, y: 0, width: 4, height: 5 },
      },
      atMs: 4000,
    },
  ],
};

const schemaText = readFileSync(new URL('../../docs/guide.schema.json', import.meta.url), 'utf8');
const schemaJson: unknown = JSON.parse(schemaText);

function schemaOf(path: readonly string[]): Readonly<Record<string, unknown>> {
  let at: unknown = schemaJson;
  for (const name of path) at = isFields(at) ? at[name] : undefined;
  assert.ok(isFields(at), `docs/guide.schema.json has no ${path.join('.')}`);
  return at;
}

function listIn(path: readonly string[], name: string): readonly unknown[] {
  const list = schemaOf(path)[name];
  assert.ok(Array.isArray(list));
  return list;
}

function validator(): (document: unknown) => boolean {
  const ajv = new Ajv2020({ allErrors: true, strict: true });
  const validate = ajv.compile(schemaOf([]));
  return (document) => validate(document) === true;
}

test('a guide document passes the published schema, with and without what is optional', () => {
  const isGuide = validator();
  assert.ok(isGuide(JSON.parse(JSON.stringify(toGuideDocument(guide)))));
  assert.ok(isGuide(toGuideDocument({ ...guide, steps: [] })));
});

test('the published schema refuses a document that lacks a promised property or has a wrong one', () => {
  const isGuide = validator();
  const document = toGuideDocument(guide);
  for (const name of ['schemaVersion', 'guideId', 'title', 'summary', 'missedEvents', 'redactions', 'steps']) {
    assert.equal(isGuide(Object.fromEntries(Object.entries(document).filter(([key]) => key !== name))), false, name);
  }
  assert.equal(isGuide({ ...document, schemaVersion: 2 }), false);
  assert.equal(isGuide({ ...document, steps: [{ ...document.steps[0], kind: 'tripple-click' }] }), false);
  assert.equal(isGuide({ ...document, steps: [{ ...document.steps[0], order: 0 }] }), false);
  assert.ok(isGuide({ ...document, addedLater: true }), 'unknown properties are a newer writer, not a fault');
});

test('the document keeps the tenant and the revision inside the platform', () => {
  const text = JSON.stringify(toGuideDocument(guide));
  assert.doesNotMatch(text, /tenant-1|revision|tenantId/);
});

test('the schema describes exactly the properties of the record type, and the same step kinds', () => {
  const { root } = parseSchema(topicSchemas['guide.finished.v1'].at(-1) ?? '');
  const names = (record: RecordNode, without: readonly string[] = []): readonly string[] =>
    record.fields
      .map((field) => field.name)
      .filter((name) => !without.includes(name))
      .toSorted();
  assert.deepEqual(Object.keys(schemaOf(['properties'])).toSorted(), names(root, ['tenantId', 'revision']));
  const steps = root.fields.find((field) => field.name === 'steps')?.node;
  assert.ok(steps?.kind === 'array' && steps.items.kind === 'record');
  assert.deepEqual(Object.keys(schemaOf(['$defs', 'step', 'properties'])).toSorted(), names(steps.items));
  const required = steps.items.fields.filter((field) => field.node.kind !== 'nullable').map((field) => field.name);
  // A document's steps always have a page; in the log it is absent where the recording does not know it.
  assert.deepEqual(new Set(listIn(['$defs', 'step'], 'required')), new Set([...required, 'page']));
  const kind = steps.items.fields.find((field) => field.name === 'kind')?.node;
  assert.ok(kind?.kind === 'enum');
  assert.deepEqual(listIn(['$defs', 'step', 'properties', 'kind'], 'enum'), [...kind.values]);
});

test('the schema is published under the id that documents may refer to', () => {
  assert.equal(schemaOf([])['$id'], guideSchemaId);
});

test('a step without a known page gets one with empty texts', () => {
  const withoutPage = { ...guide, steps: guide.steps.map(({ page: _, ...step }) => step) };
  assert.deepEqual(toGuideDocument(withoutPage).steps[0]?.page, { url: '', title: '' });
});
