import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeTransactionEnd } from '../../batch/control-batch.ts';
import { encodeBatch } from '../../batch/encode-batch.ts';
import type { TransactionEnd } from '../../batch/control-batch.ts';
import type { Isolation } from '../../log.ts';
import type { AbortedTransaction } from '../requests/read-requests.ts';
import { FetchedPartition } from './fetched-partition.ts';

const everything = 1_000_000;

function data(baseOffset: bigint, values: readonly string[], producerId?: bigint): Buffer {
  const records = values.map((value) => ({ key: null, value: Buffer.from(value), timestampMs: 1 }));
  if (producerId === undefined) return encodeBatch(records, { baseOffset });
  return encodeBatch(records, { baseOffset, isTransactional: true, producer: { producerId, producerEpoch: 0, baseSequence: 0 } });
}

function marker(end: TransactionEnd, baseOffset: bigint, producerId: bigint): Buffer {
  return encodeTransactionEnd(end, { baseOffset, producerId, producerEpoch: 0, coordinatorEpoch: 0, timestampMs: 1 });
}

function fetched(
  batches: readonly Buffer[],
  options: { readonly aborted?: readonly AbortedTransaction[]; readonly fromOffset?: bigint; readonly isolation?: Isolation } = {},
): FetchedPartition {
  const bytes = {
    topic: 'events',
    partition: 0,
    code: 0,
    logStartOffset: 0n,
    aborted: options.aborted ?? [],
    records: Buffer.concat(batches),
  };
  const { fromOffset = 0n, isolation = 'read_committed' } = options;
  return new FetchedPartition(bytes, { fromOffset, isolation, codecs: new Map() });
}

function valuesOf(partition: FetchedPartition, maxBytes = everything): readonly string[] {
  return partition.take(maxBytes).records.map((record) => record.value?.toString() ?? '');
}

test('interleaved transactions of which one aborts: only the other is handed out', () => {
  const batches = [data(0n, ['bad'], 7n), data(1n, ['good'], 8n), data(2n, ['bad'], 7n), marker('abort', 3n, 7n), marker('commit', 4n, 8n)];
  const partition = fetched(batches, { aborted: [{ producerId: 7n, firstOffset: 0n }] });
  assert.deepEqual(valuesOf(partition), ['good']);
  assert.equal(partition.nextOffset, 5n);
  assert.ok(partition.isExhausted);
});

test('a producer that aborts and then commits loses only what it aborted, whatever the order of the list', () => {
  const batches = [
    data(0n, ['a1'], 7n),
    marker('abort', 1n, 7n),
    data(2n, ['kept'], 7n),
    marker('commit', 3n, 7n),
    data(4n, ['a2'], 7n),
    marker('abort', 5n, 7n),
  ];
  const aborted = [
    { producerId: 7n, firstOffset: 4n },
    { producerId: 7n, firstOffset: 0n },
  ];
  assert.deepEqual(valuesOf(fetched(batches, { aborted })), ['kept']);
});

test('a fetch that begins inside an aborted transaction hands out nothing of it', () => {
  const batches = [data(0n, ['a', 'b', 'c'], 7n), marker('abort', 3n, 7n), data(4n, ['after'])];
  assert.deepEqual(valuesOf(fetched(batches, { fromOffset: 1n, aborted: [{ producerId: 7n, firstOffset: 0n }] })), ['after']);
});

test('a plain record of a producer with an aborted transaction is handed out: the flag of the batch decides', () => {
  const plain = encodeBatch([{ key: null, value: Buffer.from('plain'), timestampMs: 1 }], {
    baseOffset: 1n,
    producer: { producerId: 7n, producerEpoch: 0, baseSequence: 0 },
  });
  const batches = [data(0n, ['never'], 7n), plain, marker('abort', 2n, 7n)];
  assert.deepEqual(valuesOf(fetched(batches, { aborted: [{ producerId: 7n, firstOffset: 0n }] })), ['plain']);
});

test('read-uncommitted hands out everything but markers', () => {
  const batches = [data(0n, ['a'], 7n), marker('abort', 1n, 7n), data(2n, ['b'])];
  const aborted = [{ producerId: 7n, firstOffset: 0n }];
  assert.deepEqual(valuesOf(fetched(batches, { aborted, isolation: 'read_uncommitted' })), ['a', 'b']);
});

test('taking goes record by record, goes on over markers behind the last, and keeps its place between', () => {
  const partition = fetched([data(0n, ['aaaa', 'bbbb'], 7n), marker('commit', 2n, 7n), data(3n, ['cccc'])]);
  assert.deepEqual(valuesOf(partition, 4), ['aaaa']);
  assert.equal(partition.nextOffset, 1n);
  assert.deepEqual(valuesOf(partition, 4), ['bbbb']);
  assert.equal(partition.nextOffset, 3n);
  assert.equal(partition.isExhausted, false);
  assert.deepEqual(valuesOf(partition, 0), ['cccc']);
  assert.equal(partition.nextOffset, 4n);
});

test('a batch that compaction has thinned ends where it ended before', () => {
  const records = [{ key: Buffer.from('k'), value: Buffer.from('last'), timestampMs: 1 }];
  const partition = fetched([encodeBatch(records, { baseOffset: 10n, offsetDeltas: [3], lastOffsetDelta: 9 })], { fromOffset: 5n });
  assert.deepEqual(valuesOf(partition), ['last']);
  assert.equal(partition.nextOffset, 20n);
});

test('a batch cut off at the end is left for the next fetch', () => {
  const whole = data(0n, ['a']);
  const partition = fetched([whole, data(1n, ['b']).subarray(0, -1)]);
  assert.deepEqual(valuesOf(partition), ['a']);
  assert.equal(partition.nextOffset, 1n);
});
