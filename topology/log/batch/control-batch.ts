import type { BatchView } from './batch-view.ts';
import { encodeBatch } from './encode-batch.ts';

export type TransactionEnd = 'abort' | 'commit';

/** Key: version 0, type (0 abort, 1 commit). Value: version 0, coordinator epoch. (`EndTransactionMarker.java`) */
const endTypes: readonly TransactionEnd[] = ['abort', 'commit'];

export interface ControlBatchOptions {
  readonly baseOffset: bigint;
  readonly timestampMs: number;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
}

/** The marker that ends a transaction in one partition: a batch of one control record. */
export function encodeTransactionEnd(end: TransactionEnd, options: ControlBatchOptions): Buffer {
  const key = Buffer.alloc(4);
  key.writeInt16BE(endTypes.indexOf(end), 2);
  const value = Buffer.alloc(6);
  value.writeInt32BE(options.coordinatorEpoch, 2);
  return encodeBatch([{ key, value, timestampMs: options.timestampMs }], {
    baseOffset: options.baseOffset,
    producer: { producerId: options.producerId, producerEpoch: options.producerEpoch, baseSequence: -1 },
    isTransactional: true,
    isControl: true,
  });
}

/** What a batch ends, or `undefined` when it is no transaction marker. */
export function transactionEndOf(batch: BatchView): TransactionEnd | undefined {
  if (!batch.isControl) return undefined;
  const key = batch.records()[0]?.key ?? undefined;
  return key === undefined || key.length < 4 ? undefined : endTypes[key.readInt16BE(2)];
}
