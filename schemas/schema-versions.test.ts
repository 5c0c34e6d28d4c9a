import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { avroSerde } from './avro-serde.ts';
import { generateFiles, readSchemaFiles } from './codegen/generate.ts';
import { createAvroEncoder } from './codec/avro-codec.ts';
import { parseSchema } from './codec/parse-schema.ts';
import { compatibilityProblems } from './registry/compatibility.ts';
import { createMemoryRegistry } from './registry/memory-registry.ts';
import { sampleChunk } from './testing/sample-chunk.ts';
import { topicSchemas } from './types/topic-records.ts';
import { writeWireHeader } from './wire.ts';

const packageRoot = fileURLToPath(new URL('../../', import.meta.url));
const noKey = new Uint8Array();

test('the generated files are what the .avsc files say (run: node dist/schemas/codegen/generate.js)', () => {
  const generated = generateFiles(readSchemaFiles(`${packageRoot}schemas/avro`));
  assert.equal(generated.length, 4);
  for (const { path, text } of generated) assert.equal(readFileSync(`${packageRoot}${path}`, 'utf8'), text, path);
});

for (const [topic, versions] of Object.entries(topicSchemas)) {
  test(`every committed version of ${topic} is readable by all that come after it`, () => {
    assert.ok(versions.length > 0);
    for (const [index, newer] of versions.entries()) {
      for (const older of versions.slice(0, index + 1)) assert.deepEqual(compatibilityProblems(newer, older), []);
    }
  });
}

/** A schema as an older release could have written it: other symbols in another order, narrower numbers, fields that are gone since. */
const olderText = readFileSync(`${packageRoot}schemas/testdata/capture-chunk-0.avsc`, 'utf8');

test('records of an older version are read as the newest: gone fields skipped, new ones absent or by default', async () => {
  const registry = createMemoryRegistry();
  const olderId = await registry.register('capture.events.v1-value', olderText);
  const serde = await avroSerde('capture.events.v1', registry);
  const events = [
    { seq: 1, atMs: 5, kind: 'pointer.down', batteryPercent: 40, target: { role: 'button', name: 'Save' } },
    { seq: 2, atMs: 6, kind: 'click' },
  ];
  const older = { tenantId: 't', sessionId: 's', deviceId: 'd', receivedAtMs: 9, events, spool: 'disk' };
  const bytes = createAvroEncoder(parseSchema(olderText)).encode(older, (writer) => writeWireHeader(writer, olderId));
  assert.deepEqual(serde.deserialize(bytes, noKey), {
    tenantId: 't',
    sessionId: 's',
    deviceId: 'd',
    receivedAtMs: 9,
    events: [
      { seq: 1, atMs: 5, kind: 'pointer.down', target: { role: 'button', name: 'Save' } },
      { seq: 2, atMs: 6, kind: 'click' },
    ],
  });
});

test('an event kind of a newer writer is read as unknown, and the rest of its chunk as it is', async () => {
  const registry = createMemoryRegistry();
  const newerText = (topicSchemas['capture.events.v1'].at(-1) ?? '').replace('"edit","unknown"]', '"edit","unknown","eye_blink"]');
  const newerId = await registry.register('capture.events.v2-value', newerText);
  const serde = await avroSerde('capture.events.v1', registry);
  const chunk = sampleChunk(2);
  const newer = { ...chunk, events: [...chunk.events, { seq: 3, atMs: 7, kind: 'eye_blink' }] };
  const bytes = createAvroEncoder(parseSchema(newerText)).encode(newer, (writer) => writeWireHeader(writer, newerId));
  assert.deepEqual(serde.deserialize(bytes, noKey), { ...chunk, events: [...chunk.events, { seq: 3, atMs: 7, kind: 'unknown' }] });
});
