import { StepwrightError } from '../../topology/base/errors.ts';
import { AvroFault } from './avro-fault.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { compileReader, type ReadValue } from './compile-reader.ts';
import { compileWriter } from './compile-writer.ts';
import type { RecordSchema } from './schema-model.ts';

/** Encodes values of one record. Not re-entrant: one buffer is used for every value. */
export interface AvroEncoder {
  /** `prefix` writes what stands before the Avro bytes. @throws {SERDE_FAILED} naming the field and the shape found there. */
  encode(value: unknown, prefix: (writer: ByteWriter) => void): Buffer;
}

/** Decodes bytes of one writer's schema. */
export interface AvroDecoder {
  /** From byte `at` to the end. @throws {SERDE_FAILED} naming the field; disposition `dead-letter`. */
  decode(bytes: Buffer, at: number): unknown;
}

export function createAvroEncoder(schema: RecordSchema): AvroEncoder {
  const write = compileWriter(schema.root);
  const writer = new ByteWriter();
  return {
    encode: (value, prefix) => {
      writer.reset();
      prefix(writer);
      try {
        write(writer, value);
      } catch (error) {
        throw asSerdeFailed(schema, 'cannot be written', error);
      }
      return writer.take();
    },
  };
}

/** @throws {SCHEMA_INCOMPATIBLE} when bytes of `written` cannot be read as `wanted`. */
export function createAvroDecoder(written: RecordSchema, wanted: RecordSchema): AvroDecoder {
  const read = compileReader(written.root, wanted.root);
  if (read === undefined) {
    throw new StepwrightError(
      'SCHEMA_INCOMPATIBLE',
      `${wanted.root.name}: the schema it was written with cannot be read as the newest one`,
      {
        disposition: 'dead-letter',
      },
    );
  }
  return { decode: (bytes, at) => decodeWith(read, wanted, bytes, at) };
}

function decodeWith(read: ReadValue, schema: RecordSchema, bytes: Buffer, at: number): unknown {
  const reader = new ByteReader(bytes, at);
  try {
    const value = read(reader);
    if (reader.remainingBytes > 0) throw new AvroFault(`is followed by ${reader.remainingBytes} bytes that do not belong to it`);
    return value;
  } catch (error) {
    throw asSerdeFailed(schema, `cannot be read from ${bytes.length - at} bytes`, error);
  }
}

function asSerdeFailed(schema: RecordSchema, what: string, error: unknown): unknown {
  if (!(error instanceof AvroFault)) return error;
  const record = schema.root.name;
  const field = error.path === '' ? record : error.path;
  return new StepwrightError('SERDE_FAILED', `${record} ${what}: ${field} ${error.problem}`, {
    disposition: 'dead-letter',
    context: { record, field: error.path },
  });
}
