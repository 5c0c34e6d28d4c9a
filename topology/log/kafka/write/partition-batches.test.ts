import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BatchView } from '../../batch/batch-view.ts';
import type { OutputRecord } from '../../log.ts';
import { partitionKey } from '../../local/partition-key.ts';
import { partitionsOf, planBatches, Sequences } from './partition-batches.ts';

const record = (partition: number, sizeBytes: number): OutputRecord => ({
  topic: 'events',
  partition,
  key: null,
  value: Buffer.alloc(sizeBytes),
  timestampMs: 1,
});

test('every record goes out once, in the order of its partition, one batch a partition and request, none above the bound', () => {
  const records = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 500 })), { maxLength: 200 });
  fc.assert(
    fc.property(records, (sketches) => {
      const input = sketches.map(([partition, sizeBytes]) => record(partition, sizeBytes));
      const rounds = planBatches(input, 1000);
      const order = new Map<string, number[]>();
      for (const round of rounds) {
        assert.equal(new Set(round.map(partitionKey)).size, round.length);
        for (const plan of round) {
          const byteCount = plan.records.reduce((sum, { value }) => sum + (value?.length ?? 0) + 40, 0);
          assert.ok(byteCount <= 1000 || plan.records.length === 1);
          assert.deepEqual(
            plan.indexes.map((index) => input[index]),
            plan.records,
          );
          const indexes = order.get(partitionKey(plan)) ?? [];
          order.set(partitionKey(plan), [...indexes, ...plan.indexes]);
        }
      }
      for (const indexes of order.values()) {
        assert.deepEqual(
          indexes,
          [...indexes].sort((a, b) => a - b),
        );
      }
      assert.equal([...order.values()].flat().length, input.length);
    }),
  );
});

test('sequence numbers count on per partition', () => {
  const sequences = new Sequences(undefined);
  const identity = { producerId: 5n, producerEpoch: 2 };
  const baseOf = (partition: number, count: number): number => {
    const [[plan] = []] = planBatches(
      Array.from({ length: count }, () => record(partition, 1)),
      100_000,
    );
    assert(plan !== undefined);
    const batch = new BatchView(sequences.encode(plan, identity, true).bytes);
    assert.equal(batch.producerId, 5n);
    assert.equal(batch.producerEpoch, 2);
    assert.ok(batch.isTransactional);
    return batch.baseSequence;
  };
  assert.deepEqual([baseOf(0, 3), baseOf(1, 2), baseOf(0, 1), baseOf(0, 1), baseOf(1, 1)], [0, 0, 3, 4, 2]);
});

test('partitions are named once each, in order of their first record, also when they alternate', () => {
  const at = (topic: string, partition: number) => ({ topic, partition });
  const records = [at('a', 1), at('a', 1), at('b', 1), at('a', 0), at('a', 1), at('b', 1)];
  assert.deepEqual([...partitionsOf(records).values()], [at('a', 1), at('b', 1), at('a', 0)]);
});
