import { StepwrightError } from '../topology/base/errors.ts';
import { createAvroDecoder, createAvroEncoder, type AvroDecoder } from './codec/avro-codec.ts';
import { parseSchema } from './codec/parse-schema.ts';
import type { RecordSchema } from './codec/schema-model.ts';
import { valueSubject, type SchemaRegistry } from './registry/schema-registry.ts';
import type { Serde } from './serde.ts';
import { topicSchemas, type TopicRecords } from './types/topic-records.ts';
import { schemaIdOf, wireHeaderBytes, writeWireHeader } from './wire.ts';

/** Serdes of every topic's values. */
export type TopicSerdes = { readonly [Topic in keyof TopicRecords]: Serde<TopicRecords[Topic]> };

/** Serdes for all topics; registers what is not registered yet. @throws {SCHEMA_INCOMPATIBLE} */
export async function createTopicSerdes(registry: SchemaRegistry): Promise<TopicSerdes> {
  return {
    'capture.events.v1': await avroSerde('capture.events.v1', registry),
    'guide.steps.v1': await avroSerde('guide.steps.v1', registry),
    'guide.sessions.v1': await avroSerde('guide.sessions.v1', registry),
    'guide.finished.v1': await avroSerde('guide.finished.v1', registry),
    'dead-letters.v1': await avroSerde('dead-letters.v1', registry),
    'usage.events.v1': await avroSerde('usage.events.v1', registry),
    'processor.times.v1': await avroSerde('processor.times.v1', registry),
    'title.requests.v1': await avroSerde('title.requests.v1', registry),
  };
}

/**
 * The serde of a topic's values: Avro in Confluent framing, written with the newest schema, read from any version that `registry` knows.
 * Registers the topic's schemas, oldest first. Absent properties are nulls on the wire.
 * Throws on use: SERDE_FAILED with the field path and the shape found (never the value), SCHEMA_UNKNOWN for an id that nobody registered.
 * @throws {SCHEMA_INCOMPATIBLE} when the registry holds a version that the newest cannot read.
 */
export async function avroSerde<Topic extends keyof TopicRecords>(
  topic: Topic,
  registry: SchemaRegistry,
): Promise<Serde<TopicRecords[Topic]>> {
  let newestId = 0;
  for (const text of topicSchemas[topic]) newestId = await registry.register(valueSubject(topic), text);
  const newest = parseSchema(topicSchemas[topic].at(-1) ?? '');
  return serdeOf<TopicRecords[Topic]>({ topic, newest, newestId, registry });
}

interface SerdeParts {
  readonly topic: string;
  readonly newest: RecordSchema;
  readonly newestId: number;
  readonly registry: SchemaRegistry;
}

function serdeOf<T>(parts: SerdeParts): Serde<T> {
  const encoder = createAvroEncoder(parts.newest);
  const decoders = new Map<number, AvroDecoder>([[parts.newestId, createAvroDecoder(parts.newest, parts.newest)]]);
  const decoderFor = (id: number): AvroDecoder => {
    const known = decoders.get(id) ?? createAvroDecoder(writerSchema(id, parts), parts.newest);
    decoders.set(id, known);
    return known;
  };
  return {
    serialize: (value) => encoder.encode(value, (writer) => writeWireHeader(writer, parts.newestId)),
    // The generator makes T and the schema from one file, and the decoder lets nothing else through: this is where the two meet.
    deserialize: (bytes) => decoderFor(schemaIdOf(bytes, parts.topic)).decode(bytes, wireHeaderBytes) as T,
  };
}

function writerSchema(id: number, { topic, registry }: SerdeParts): RecordSchema {
  const text = registry.schemaById(id);
  if (text !== undefined) return parseSchema(text);
  throw new StepwrightError('SCHEMA_UNKNOWN', `${topic}: nobody registered schema ${id}`, {
    disposition: 'dead-letter',
    context: { topic, id },
  });
}
