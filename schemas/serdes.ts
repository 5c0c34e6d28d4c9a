import { StepwrightError } from '../topology/base/errors.ts';
import type { Serde } from './serde.ts';

/** UTF-8 text. @throws {SERDE_FAILED} for bytes that are not UTF-8. */
export const stringSerde: Serde<string> = {
  serialize: (value) => Buffer.from(value, 'utf8'),
  deserialize: (bytes) => {
    const text = bytes.toString('utf8');
    // A replacement character is where bad bytes went, unless it was in the text: then it encodes to the same bytes again.
    if (text.includes('\uFFFD') && !Buffer.from(text, 'utf8').equals(bytes)) throw serdeError('not UTF-8 text');
    return text;
  },
};

/** Bytes as they are. */
export const bufferSerde: Serde<Buffer> = { serialize: (value) => value, deserialize: (bytes) => bytes };

/** 64-bit signed integers, big-endian two's complement, as Kafka's LongSerializer. @throws {SERDE_FAILED} outside the range or of another length. */
export const int64Serde: Serde<bigint> = {
  serialize: (value) => {
    if (BigInt.asIntN(64, value) !== value) throw serdeError('an integer outside 64 bits');
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigInt64BE(value);
    return bytes;
  },
  deserialize: (bytes) => {
    if (bytes.length !== 8) throw serdeError(`${bytes.length} bytes where a 64-bit integer has 8`);
    return bytes.readBigInt64BE();
  },
};

/**
 * JSON of any value that survives it: no bigint, no undefined inside arrays, no cycles. The bytes are trusted to hold a `T`, for they were
 * written by this serde; records from outside need a schema (Avro).
 * @throws {SERDE_FAILED} for bytes that are not JSON, or a value that has none.
 */
export function jsonSerde<T>(): Serde<T> {
  return {
    serialize: (value) => {
      const text: string | undefined = JSON.stringify(value);
      if (text === undefined) throw serdeError('a value without JSON form');
      return Buffer.from(text, 'utf8');
    },
    deserialize: (bytes): T => {
      try {
        return JSON.parse(bytes.toString('utf8'));
      } catch (cause) {
        throw serdeError('not JSON', cause);
      }
    },
  };
}

function serdeError(what: string, cause?: unknown): StepwrightError {
  return new StepwrightError('SERDE_FAILED', `The bytes or the value are ${what}; check the declared serde.`, {
    disposition: 'dead-letter',
    cause,
  });
}
