import assert from 'node:assert/strict';
import { varintBytes, writeVarint } from '../../base/varint.ts';
import type { Headers } from '../log.ts';
import { attribute, batchMagic, field, lengthOverheadBytes, noProducer } from './batch-layout.ts';
import type { CompressionCodec } from './compression.ts';
import { compressionNames } from './compression.ts';
import { crc32c } from './crc32c.ts';

export interface EncodableRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly timestampMs: number;
  readonly headers?: Headers;
}

export interface BatchOptions {
  readonly baseOffset: bigint;
  /** One a record, ascending, for batches with gaps (compaction). Default 0, 1, 2, … */
  readonly offsetDeltas?: readonly number[];
  /** At least the last record's delta. Compaction keeps the one of the original batch, so that positions stay. */
  readonly lastOffsetDelta?: number;
  readonly partitionLeaderEpoch?: number;
  readonly producer?: { readonly producerId: bigint; readonly producerEpoch: number; readonly baseSequence: number };
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  readonly compression?: CompressionCodec;
  /** False leaves the checksum 0, for storage that checks its bytes itself. Default true. */
  readonly hasChecksum?: boolean;
  /** Where an uncompressed batch is written: so many bytes of any content. Default `Buffer.allocUnsafe`. */
  readonly allocate?: (byteCount: number) => Buffer;
}

const noHeaders: Headers = [];

/** One batch of at least one record, byte for byte as Kafka's Java client writes it. */
export function encodeBatch(records: readonly EncodableRecord[], options: BatchOptions): Buffer {
  const first = records[0];
  assert(first !== undefined, 'a batch holds at least one record');
  const plan = planRecords(records, first.timestampMs, options.offsetDeltas);
  const { compression } = options;
  if (compression === undefined) {
    const bytes = (options.allocate ?? Buffer.allocUnsafe)(field.records + plan.byteCount);
    writeRecords(bytes, field.records, records, plan);
    return writeHeader(bytes, records.length, plan, options);
  }
  const plain = Buffer.allocUnsafe(plan.byteCount);
  writeRecords(plain, 0, records, plan);
  return writeHeader(Buffer.concat([Buffer.alloc(field.records), compression.compress(plain)]), records.length, plan, options);
}

/** Bytes of a batch of these records without compression. */
export function encodedBytes(records: readonly EncodableRecord[]): number {
  const first = records[0];
  return first === undefined ? 0 : field.records + planRecords(records, first.timestampMs, undefined).byteCount;
}

interface RecordPlan {
  readonly byteCount: number;
  /** Body length of each record: what its own length field says. */
  readonly bodyBytes: Int32Array;
  readonly baseTimestampMs: number;
  readonly maxTimestampMs: number;
  readonly offsetDeltas: readonly number[] | undefined;
  readonly lastOffsetDelta: number;
}

function planRecords(
  records: readonly EncodableRecord[],
  baseTimestampMs: number,
  offsetDeltas: readonly number[] | undefined,
): RecordPlan {
  const bodyBytes = new Int32Array(records.length);
  let byteCount = 0;
  let maxTimestampMs = baseTimestampMs;
  let index = 0;
  for (const record of records) {
    const body = 1 + varintBytes(record.timestampMs - baseTimestampMs) + varintBytes(offsetDeltas?.[index] ?? index) + payloadBytes(record);
    bodyBytes[index++] = body;
    byteCount += varintBytes(body) + body;
    if (record.timestampMs > maxTimestampMs) maxTimestampMs = record.timestampMs;
  }
  const lastOffsetDelta = offsetDeltas?.at(-1) ?? records.length - 1;
  return { byteCount, bodyBytes, baseTimestampMs, maxTimestampMs, offsetDeltas, lastOffsetDelta };
}

function payloadBytes({ key, value, headers = noHeaders }: EncodableRecord): number {
  let byteCount = fieldBytes(key) + fieldBytes(value) + varintBytes(headers.length);
  for (const [name, content] of headers) {
    const nameBytes = Buffer.byteLength(name);
    byteCount += varintBytes(nameBytes) + nameBytes + fieldBytes(content);
  }
  return byteCount;
}

function fieldBytes(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : varintBytes(bytes.length) + bytes.length;
}

function writeRecords(out: Buffer, start: number, records: readonly EncodableRecord[], plan: RecordPlan): void {
  let at = start;
  let index = 0;
  for (const record of records) {
    at = writeVarint(out, at, plan.bodyBytes[index] ?? 0);
    out[at++] = 0;
    at = writeVarint(out, at, record.timestampMs - plan.baseTimestampMs);
    at = writeVarint(out, at, plan.offsetDeltas?.[index] ?? index);
    at = writeField(out, at, record.key);
    at = writeField(out, at, record.value);
    at = writeHeaders(out, at, record.headers ?? noHeaders);
    index += 1;
  }
}

function writeField(out: Buffer, at: number, bytes: Uint8Array | null): number {
  if (bytes === null) return writeVarint(out, at, -1);
  const start = writeVarint(out, at, bytes.length);
  out.set(bytes, start);
  return start + bytes.length;
}

function writeHeaders(out: Buffer, at: number, headers: Headers): number {
  let position = writeVarint(out, at, headers.length);
  for (const [name, content] of headers) {
    const nameBytes = Buffer.byteLength(name);
    position = writeVarint(out, position, nameBytes);
    position += out.write(name, position);
    position = writeField(out, position, content);
  }
  return position;
}

function writeHeader(out: Buffer, recordCount: number, plan: RecordPlan, options: BatchOptions): Buffer {
  const { producerId, producerEpoch, baseSequence } = options.producer ?? noProducer;
  out.writeBigInt64BE(options.baseOffset, field.baseOffset);
  out.writeInt32BE(out.length - lengthOverheadBytes, field.length);
  out.writeInt32BE(options.partitionLeaderEpoch ?? -1, field.partitionLeaderEpoch);
  out.writeInt8(batchMagic, field.magic);
  out.writeInt16BE(attributesOf(options), field.attributes);
  out.writeInt32BE(options.lastOffsetDelta ?? plan.lastOffsetDelta, field.lastOffsetDelta);
  out.writeBigInt64BE(BigInt(plan.baseTimestampMs), field.baseTimestamp);
  out.writeBigInt64BE(BigInt(plan.maxTimestampMs), field.maxTimestamp);
  out.writeBigInt64BE(producerId, field.producerId);
  out.writeInt16BE(producerEpoch, field.producerEpoch);
  out.writeInt32BE(baseSequence, field.baseSequence);
  out.writeInt32BE(recordCount, field.recordCount);
  const crc = options.hasChecksum === false ? 0 : crc32c(out, field.attributes);
  out.writeUInt32BE(crc, field.crc);
  return out;
}

function attributesOf({ compression, isTransactional, isControl }: BatchOptions): number {
  const compressionId = compression === undefined ? 0 : compressionNames.indexOf(compression.name);
  return compressionId | (isTransactional === true ? attribute.transactional : 0) | (isControl === true ? attribute.control : 0);
}
