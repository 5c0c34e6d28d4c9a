import { StepwrightError } from '../topology/base/errors.ts';
import type { ByteWriter } from './codec/byte-writer.ts';

/**
 * Confluent's wire format, so that any Avro client with the registry reads our topics: magic byte, schema id (big endian), Avro bytes.
 * Formats: 0 – the only one Confluent has for Avro.
 */
const magic = 0;

/** Where the Avro bytes begin. */
export const wireHeaderBytes = 5;

/** Largest schema id: a signed 32-bit integer on the wire. */
const maximumSchemaId = 0x7fffffff;

export function writeWireHeader(writer: ByteWriter, schemaId: number): void {
  writer.byte(magic);
  writer.uint32BigEndian(schemaId);
}

/**
 * The id of the schema that `bytes` were written with.
 * @throws {SERDE_FAILED} when they are not in Confluent's format; disposition `dead-letter`.
 */
export function schemaIdOf(bytes: Buffer, topic: string): number {
  if (bytes.length < wireHeaderBytes) throw notWire(topic, `${bytes.length} bytes are too few for a schema id`);
  if (bytes[0] !== magic) throw notWire(topic, 'the first byte is not the magic 0 of Confluent framing');
  const schemaId = bytes.readUInt32BE(1);
  if (schemaId > maximumSchemaId) throw notWire(topic, 'the schema id is negative');
  return schemaId;
}

function notWire(topic: string, problem: string): StepwrightError {
  return new StepwrightError('SERDE_FAILED', `${topic}: ${problem}`, { disposition: 'dead-letter', context: { topic } });
}
