import assert from 'node:assert/strict';
import { test } from 'node:test';
import avsc from 'avsc';
import fc from 'fast-check';
import { StepwrightError } from '../topology/base/errors.ts';
import { avroSerde, createTopicSerdes } from './avro-serde.ts';
import { parseSchema } from './codec/parse-schema.ts';
import { createMemoryRegistry } from './registry/memory-registry.ts';
import { arbitraryValue, toAvscValue } from './testing/arbitrary-value.ts';
import { sampleChunk } from './testing/sample-chunk.ts';
import { topicSchemas, type TopicRecords } from './types/topic-records.ts';

const noKey = new Uint8Array();
const topics: readonly (keyof TopicRecords)[] = [
  'capture.events.v1',
  'guide.steps.v1',
  'guide.sessions.v1',
  'guide.finished.v1',
  'dead-letters.v1',
  'usage.events.v1',
  'title.requests.v1',
  'processor.times.v1',
];

function thrownBy(run: () => unknown): StepwrightError {
  try {
    run();
  } catch (error) {
    if (error instanceof StepwrightError) return error;
  }
  throw new assert.AssertionError({ message: 'a StepwrightError was expected' });
}

test('the list of topics in this file is complete', () => {
  assert.deepEqual(Object.keys(topicSchemas).toSorted(), topics.toSorted());
});

for (const topic of topics) {
  test(`every value of ${topic} comes back as it went in, and avsc writes the same bytes`, async () => {
    const text = topicSchemas[topic].at(-1) ?? '';
    const { root } = parseSchema(text);
    const oracle = avsc.Type.forSchema(JSON.parse(text), { wrapUnions: false });
    const serdes = await createTopicSerdes(createMemoryRegistry());
    const roundTrip = (value: unknown): { bytes: Buffer; back: unknown } => {
      const serde: { serialize(value: unknown, key: Uint8Array): Buffer; deserialize(bytes: Buffer, key: Uint8Array): unknown } =
        serdes[topic];
      const bytes = serde.serialize(value, noKey);
      return { bytes, back: serde.deserialize(bytes, noKey) };
    };
    fc.assert(
      fc.property(arbitraryValue(root), (value) => {
        const { bytes, back } = roundTrip(value);
        assert.deepEqual(back, value);
        assert.deepEqual(bytes.subarray(5), oracle.toBuffer(toAvscValue(root, value)));
      }),
      { numRuns: 60 },
    );
  });
}

test('records start with the magic byte and the registered id', async () => {
  const registry = createMemoryRegistry();
  await registry.register('other-value', '{"type":"record","name":"Other","fields":[]}');
  const serde = await avroSerde('capture.events.v1', registry);
  assert.deepEqual([...serde.serialize(sampleChunk(1), noKey).subarray(0, 5)], [0, 0, 0, 0, 2]);
});

test('a wrong value is named by its path and shape, and not shown', async () => {
  const serde = await avroSerde('capture.events.v1', createMemoryRegistry());
  const chunk = structuredClone(sampleChunk(4));
  const target = chunk.events[3]?.target;
  Reflect.set(target ?? {}, 'name', { secret: 'hunter2-hunter2' });
  const error = thrownBy(() => serde.serialize(chunk, noKey));
  assert.equal(error.code, 'SERDE_FAILED');
  assert.equal(error.disposition, 'dead-letter');
  assert.match(error.message, /events\[3\]\.target\.name must be a string, not an object/);
  assert.doesNotMatch(error.message, /hunter2/);
});

test('bytes that are cut short, lengthened, of an unknown schema or not framed are refused with a code', async () => {
  const serde = await avroSerde('capture.events.v1', createMemoryRegistry());
  const bytes = serde.serialize(sampleChunk(3), noKey);
  assert.equal(thrownBy(() => serde.deserialize(bytes.subarray(0, bytes.length - 9), noKey)).code, 'SERDE_FAILED');
  assert.match(thrownBy(() => serde.deserialize(Buffer.concat([bytes, Buffer.alloc(2)]), noKey)).message, /2 bytes that do not belong/);
  assert.equal(thrownBy(() => serde.deserialize(Buffer.from([0, 0, 0, 0, 9, 1]), noKey)).code, 'SCHEMA_UNKNOWN');
  assert.equal(thrownBy(() => serde.deserialize(Buffer.from('{"json":1}'), noKey)).code, 'SERDE_FAILED');
  assert.equal(thrownBy(() => serde.deserialize(Buffer.alloc(3), noKey)).code, 'SERDE_FAILED');
});

test('whatever bytes come, deserializing answers or throws SERDE_FAILED, within the memory of its input', async () => {
  const serde = await avroSerde('capture.events.v1', createMemoryRegistry());
  const good = serde.serialize(sampleChunk(3), noKey);
  const mutated = fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, value]) => {
    const bytes = Buffer.from(good);
    bytes[at] = value;
    return bytes;
  });
  const forged = fc.uint8Array({ maxLength: 200 }).map((tail) => Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), tail]));
  fc.assert(
    fc.property(fc.oneof(mutated, forged), (bytes) => {
      try {
        serde.deserialize(bytes, noKey);
      } catch (error) {
        assert.ok(error instanceof StepwrightError, String(error));
        assert.ok(['SERDE_FAILED', 'SCHEMA_UNKNOWN'].includes(error.code), error.code);
      }
    }),
    { numRuns: 500 },
  );
});
