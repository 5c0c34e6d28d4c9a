import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { hasCode } from '../../base/errors.ts';
import type { Headers } from '../log.ts';
import { BatchView, readBatches } from './batch-view.ts';
import type { CompressionCodec } from './compression.ts';
import { encodeTransactionEnd, transactionEndOf } from './control-batch.ts';
import { crc32c } from './crc32c.ts';
import type { EncodableRecord } from './encode-batch.ts';
import { encodeBatch, encodedBytes } from './encode-batch.ts';

/** What kafkajs 2.2.4 encodes for the records below; a broker takes it as it is. */
const knownBatch =
  '000000000000002a000000bc00000000020c5734b10010000000020000018bcfe568000000018bcfe56846000000000000000700030000000b00000003' +
  `10000000026b027600ea01008c010201c801${'78'.repeat(100)}020a74726163650401021400090408676f6e650100`;
const knownTimeMs = 1_700_000_000_000;
const knownRecords: readonly EncodableRecord[] = [
  { key: Buffer.from('k'), value: Buffer.from('v'), timestampMs: knownTimeMs },
  { key: null, value: Buffer.from('x'.repeat(100)), timestampMs: knownTimeMs + 70, headers: [['trace', Buffer.of(1, 2)]] },
  { key: Buffer.from('gone'), value: null, timestampMs: knownTimeMs - 5 },
];

/** A gzip batch as a Kafka broker sent it, from kafkajs' test fixtures (`v0_recordbatch.json`): one record, append time. */
const brokerBatch = Buffer.from(
  '0000000000000000000000710000000002e4c324a500090000000000000173edf5ffa700000173edf5ffc9ffffffffffffffff00000000000000000001' +
    '1f8b08000000000000130b636060e0ca4eadd43570284bcc294dd535d035323032d035b0d03534093134b73234b632b0d033b3308a620000b5e3f1a72c000000',
  'hex',
);

const gzip: CompressionCodec = { name: 'gzip', compress: (records) => gzipSync(records), decompress: (records) => gunzipSync(records) };
const codecs = new Map([['gzip', gzip] as const]);

test('a transactional batch has the bytes of another implementation of the protocol', () => {
  const bytes = encodeBatch(knownRecords, {
    baseOffset: 42n,
    partitionLeaderEpoch: 0,
    producer: { producerId: 7n, producerEpoch: 3, baseSequence: 11 },
    isTransactional: true,
  });
  assert.equal(bytes.toString('hex'), knownBatch);
  assert.equal(encodedBytes(knownRecords), bytes.length);
});

test('the fields of a batch read back', () => {
  const [batch] = readBatches(Buffer.from(knownBatch, 'hex'));
  assert.ok(batch !== undefined);
  const { baseOffset, lastOffset, recordCount, producerId, producerEpoch, baseSequence, isTransactional, isControl, maxTimestampMs } =
    batch;
  assert.deepEqual(
    { baseOffset, lastOffset, recordCount, producerId, producerEpoch, baseSequence, isTransactional, isControl, maxTimestampMs },
    {
      baseOffset: 42n,
      lastOffset: 44n,
      recordCount: 3,
      producerId: 7n,
      producerEpoch: 3,
      baseSequence: 11,
      isTransactional: true,
      isControl: false,
      maxTimestampMs: knownTimeMs + 70,
    },
  );
});

test('a batch of a real broker reads, with the codec it needs', () => {
  const [batch] = readBatches(brokerBatch);
  const records = batch?.records(0n, codecs) ?? [];
  assert.equal(records.length, 1);
  assert.equal(records[0]?.key?.toString(), 'key-0');
  assert.equal(records[0]?.value?.toString(), 'value-0-2020-08-14T17:13:08.682Z');
  // The topic stamps records when they are appended, so the broker's time counts.
  assert.equal(records[0]?.timestampMs, batch?.maxTimestampMs);
});

test('a batch whose compression nobody can read says which codec is missing', () => {
  const [batch] = readBatches(brokerBatch);
  assert.throws(
    () => batch?.records(),
    (error) => hasCode(error, 'LOG_COMPRESSION_UNSUPPORTED') && error.message.includes('gzip'),
  );
});

test('CRC-32C gives the values of RFC 3720 B.4', () => {
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43);
  assert.equal(crc32c(Buffer.from(Array.from({ length: 32 }, (_, index) => index))), 0x46dd794e);
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  assert.equal(crc32c(Buffer.from('xx123456789yy'), 2, 11), 0xe3069283);
});

const bytesOrNull = fc.option(fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)));
const headers: fc.Arbitrary<Headers> = fc.array(
  fc.tuple(
    fc.string({ unit: 'grapheme', maxLength: 10 }),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  ),
  { maxLength: 3 },
);
const record = fc.record({ key: bytesOrNull, value: bytesOrNull, timestampMs: fc.integer({ min: 0, max: 4_102_444_800_000 }), headers });
const batchRecords = fc.array(record, { minLength: 1, maxLength: 30 });

test('whatever records are encoded read back, with and without compression', () => {
  fc.assert(
    fc.property(batchRecords, fc.bigInt({ min: 0n, max: 2n ** 62n }), fc.boolean(), (records, baseOffset, isCompressed) => {
      const bytes = encodeBatch(records, { baseOffset, ...(isCompressed ? { compression: gzip } : {}) });
      const [batch] = readBatches(bytes);
      const decoded = batch?.records(baseOffset, codecs);
      assert.deepEqual(
        decoded,
        records.map((sent, index) => ({ ...sent, offset: baseOffset + BigInt(index) })),
      );
    }),
  );
});

test('batches with gaps keep their offsets, and reading may begin anywhere in them', () => {
  fc.assert(
    fc.property(batchRecords, fc.nat({ max: 60 }), (records, skipped) => {
      const offsetDeltas = records.map((_, index) => index * 2 + 1);
      const bytes = encodeBatch(records, { baseOffset: 100n, offsetDeltas, lastOffsetDelta: 1000 });
      const batch = new BatchView(bytes);
      assert.equal(batch.lastOffset, 1100n);
      const from = 100n + BigInt(skipped);
      const expected = offsetDeltas.map((delta) => 100n + BigInt(delta)).filter((offset) => offset >= from);
      assert.deepEqual(
        batch.records(from).map((read) => read.offset),
        expected,
      );
    }),
  );
});

test('a changed byte never goes unnoticed', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (seed, flip) => {
      const bytes = Buffer.from(knownBatch, 'hex');
      // Base offset, length and leader epoch are outside the checksum: brokers write them.
      const at = 21 + (seed % (bytes.length - 21));
      bytes[at] = (bytes[at] ?? 0) ^ flip;
      assert.throws(
        () => readBatches(bytes),
        (error) => hasCode(error, 'LOG_CORRUPT'),
      );
    }),
  );
});

test('bytes that only claim to be a batch end in a clear error or in records, never in anything else', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (seed, flip) => {
      const bytes = Buffer.from(knownBatch, 'hex');
      const at = seed % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ flip;
      try {
        for (const batch of readBatches(bytes, false)) batch.records();
      } catch (error) {
        assert.ok(hasCode(error, 'LOG_CORRUPT', 'LOG_COMPRESSION_UNSUPPORTED'), String(error));
      }
    }),
    { numRuns: 1000 },
  );
});

test('several batches in one buffer are found, and one that is cut off is left for the next fetch', () => {
  const one = encodeBatch(knownRecords, { baseOffset: 0n });
  const two = encodeBatch(knownRecords.slice(0, 1), { baseOffset: 3n });
  const bytes = Buffer.concat([one, two, one.subarray(0, one.length - 1)]);
  assert.deepEqual(
    readBatches(bytes).map((batch) => batch.lastOffset),
    [2n, 3n],
  );
});

test('message sets from before Kafka 0.11 are refused by name', () => {
  const bytes = encodeBatch(knownRecords, { baseOffset: 0n });
  bytes.writeInt8(1, 16);
  assert.throws(
    () => readBatches(bytes),
    (error) => hasCode(error, 'LOG_CORRUPT') && error.message.includes('magic is 1'),
  );
});

test('transaction markers are control batches that say how the transaction ended', () => {
  const options = { baseOffset: 9n, timestampMs: knownTimeMs, producerId: 7n, producerEpoch: 3, coordinatorEpoch: 5 };
  for (const end of ['commit', 'abort'] as const) {
    const [batch] = readBatches(encodeTransactionEnd(end, options));
    assert.ok(batch !== undefined && batch.isControl && batch.isTransactional);
    assert.equal(transactionEndOf(batch), end);
    assert.equal(batch.records()[0]?.key?.toString('hex'), end === 'commit' ? '00000001' : '00000000');
  }
  const [plain] = readBatches(encodeBatch([{ key: Buffer.alloc(4), value: null, timestampMs: 0 }], { baseOffset: 0n }));
  assert.ok(plain !== undefined);
  assert.equal(transactionEndOf(plain), undefined);
});
