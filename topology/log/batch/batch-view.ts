import { StepwrightError } from '../../base/errors.ts';
import { VarintReader } from '../../base/varint.ts';
import type { Headers, InputRecord } from '../log.ts';
import { attribute, batchMagic, field, lengthOverheadBytes } from './batch-layout.ts';
import type { CompressionCodecs } from './compression.ts';
import { codecOf, noCodecs } from './compression.ts';
import { crc32c } from './crc32c.ts';

const noHeaders: Headers = [];

/**
 * A batch as it lies in a buffer. Header fields are read when asked for and records are taken apart only when handed out, so skipping an
 * aborted or a control batch costs nothing; keys and values are views of the buffer.
 */
export class BatchView {
  readonly bytes: Buffer;

  /** `bytes` begin with the batch and hold all of it. Use `readBatches` for bytes that were not checked. */
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get baseOffset(): bigint {
    return this.bytes.readBigInt64BE(field.baseOffset);
  }

  get lastOffset(): bigint {
    return this.baseOffset + BigInt(this.lastOffsetDelta);
  }

  get lastOffsetDelta(): number {
    return this.bytes.readInt32BE(field.lastOffsetDelta);
  }

  get recordCount(): number {
    return this.bytes.readInt32BE(field.recordCount);
  }

  get byteCount(): number {
    return this.bytes.readInt32BE(field.length) + lengthOverheadBytes;
  }

  get partitionLeaderEpoch(): number {
    return this.bytes.readInt32BE(field.partitionLeaderEpoch);
  }

  get baseTimestampMs(): number {
    return Number(this.bytes.readBigInt64BE(field.baseTimestamp));
  }

  get maxTimestampMs(): number {
    return Number(this.bytes.readBigInt64BE(field.maxTimestamp));
  }

  get producerId(): bigint {
    return this.bytes.readBigInt64BE(field.producerId);
  }

  get producerEpoch(): number {
    return this.bytes.readInt16BE(field.producerEpoch);
  }

  get baseSequence(): number {
    return this.bytes.readInt32BE(field.baseSequence);
  }

  get isTransactional(): boolean {
    return (this.#attributes & attribute.transactional) !== 0;
  }

  get isControl(): boolean {
    return (this.#attributes & attribute.control) !== 0;
  }

  get hasDeleteHorizon(): boolean {
    return (this.#attributes & attribute.deleteHorizon) !== 0;
  }

  /** True when the bytes are those that were written. Batches encoded without a checksum are false. */
  hasValidChecksum(): boolean {
    return this.bytes.readUInt32BE(field.crc) === crc32c(this.bytes, field.attributes, this.byteCount);
  }

  /**
   * Records in offset order, those before `fromOffset` left out.
   * @throws {LOG_CORRUPT} when the bytes do not hold the announced records. @throws {LOG_COMPRESSION_UNSUPPORTED}
   */
  records(fromOffset = this.baseOffset, codecs: CompressionCodecs = noCodecs): InputRecord[] {
    const compression = this.#attributes & attribute.compressionMask;
    const section = this.bytes.subarray(field.records, this.byteCount);
    const plain = compression === 0 ? section : codecOf(codecs, compression).decompress(section);
    try {
      return this.#decode(plain, fromOffset);
    } catch (error) {
      if (error instanceof RangeError) throw corruptBatch(this.baseOffset, error.message, error);
      throw error;
    }
  }

  #decode(plain: Buffer, fromOffset: bigint): InputRecord[] {
    const { baseOffset, recordCount } = this;
    const appendTimeMs = (this.#attributes & attribute.logAppendTime) === 0 ? undefined : this.maxTimestampMs;
    const baseTimestampMs = this.baseTimestampMs;
    const firstDelta = Number(fromOffset - baseOffset);
    const reader = new VarintReader(plain);
    const records: InputRecord[] = [];
    for (let index = 0; index < recordCount; index++) {
      const bodyBytes = reader.signed();
      const end = reader.position + bodyBytes;
      if (bodyBytes < 0 || end > plain.length) throw new RangeError('a record ends outside its batch');
      reader.position += 1;
      const timestampMs = baseTimestampMs + reader.signed();
      const offsetDelta = reader.signed();
      if (offsetDelta >= firstDelta) {
        const key = readField(plain, reader);
        const value = readField(plain, reader);
        const headers = readHeaders(plain, reader);
        records.push({ offset: baseOffset + BigInt(offsetDelta), key, value, timestampMs: appendTimeMs ?? timestampMs, headers });
        if (reader.position !== end) throw new RangeError('a record is longer or shorter than announced');
      }
      reader.position = end;
    }
    return records;
  }

  get #attributes(): number {
    return this.bytes.readInt16BE(field.attributes);
  }
}

/**
 * Takes a fetched buffer apart. A batch cut off at the end, as brokers send it, is left out.
 * @throws {LOG_CORRUPT} for another magic, an impossible length or, when `verify`, a wrong checksum.
 */
export function readBatches(bytes: Buffer, verify = true): readonly BatchView[] {
  const batches: BatchView[] = [];
  let at = 0;
  while (at + field.records <= bytes.length) {
    const size = bytes.readInt32BE(at + field.length) + lengthOverheadBytes;
    const baseOffset = bytes.readBigInt64BE(at);
    const magic = bytes.readInt8(at + field.magic);
    if (magic !== batchMagic) throw corruptBatch(baseOffset, `magic is ${magic}, only ${batchMagic} is readable`);
    if (size < field.records) throw corruptBatch(baseOffset, `its length says ${size} bytes`);
    if (at + size > bytes.length) break;
    const batch = new BatchView(bytes.subarray(at, at + size));
    if (verify && !batch.hasValidChecksum()) throw corruptBatch(baseOffset, 'the checksum does not match');
    batches.push(batch);
    at += size;
  }
  return batches;
}

function readField(plain: Buffer, reader: VarintReader): Buffer | null {
  const length = reader.signed();
  if (length < 0) return null;
  const start = reader.position;
  const end = start + length;
  if (end > plain.length) throw new RangeError('a field ends outside its batch');
  reader.position = end;
  return plain.subarray(start, end);
}

function readHeaders(plain: Buffer, reader: VarintReader): Headers {
  const count = reader.signed();
  if (count <= 0) return noHeaders;
  const headers: (readonly [string, Buffer])[] = [];
  for (let index = 0; index < count; index++) {
    const name = readField(plain, reader)?.toString('utf8') ?? '';
    headers.push([name, readField(plain, reader) ?? Buffer.alloc(0)]);
  }
  return headers;
}

function corruptBatch(baseOffset: bigint, why: string, cause?: unknown): StepwrightError {
  return new StepwrightError('LOG_CORRUPT', `the record batch at offset ${baseOffset} cannot be read: ${why}`, {
    cause,
    context: { baseOffset },
  });
}
