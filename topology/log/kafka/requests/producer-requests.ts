import type { TopicPartition } from '../../log.ts';
import { byTopic } from '../wire/by-topic.ts';
import type { KafkaRequest } from '../wire/kafka-request.ts';
import type { WireReader } from '../wire/wire-reader.ts';

export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

export interface PartitionBatch extends TopicPartition {
  readonly bytes: Buffer;
}

export interface ProducedPartition extends TopicPartition {
  readonly code: number;
  readonly baseOffset: bigint;
}

/** Produce v7, acknowledged by all in-sync replicas. One batch a partition. */
export function produceRequest(
  transactionalId: string | null,
  timeoutMs: number,
  batches: readonly PartitionBatch[],
): KafkaRequest<readonly ProducedPartition[]> {
  return {
    api: 'Produce',
    version: 7,
    isFlexible: false,
    write: (writer) => {
      writer.nullableString(transactionalId).int16(-1).int32(timeoutMs);
      writer.array(byTopic(batches), ({ topic, partitions }) =>
        writer.string(topic).array(partitions, ({ partition, bytes }) => writer.int32(partition).bytes(bytes)),
      );
    },
    read: (reader) =>
      reader
        .array(() => {
          const topic = reader.string();
          return reader.array(() => {
            const produced = { topic, partition: reader.int32(), code: reader.int16(), baseOffset: reader.int64() };
            reader.int64();
            reader.int64();
            return produced;
          });
        })
        .flat(),
  };
}

/** Produce v12: the first batch of a partition adds it to the transaction (KIP-890). Else as `produceRequest`. */
export function produceInTransactionRequest(
  transactionalId: string,
  timeoutMs: number,
  batches: readonly PartitionBatch[],
): KafkaRequest<readonly ProducedPartition[]> {
  return {
    api: 'Produce',
    version: 12,
    isFlexible: true,
    write: (writer) => {
      writer.nullableString(transactionalId).int16(-1).int32(timeoutMs);
      writer.array(byTopic(batches), ({ topic, partitions }) =>
        writer
          .string(topic)
          .array(partitions, ({ partition, bytes }) => writer.int32(partition).bytes(bytes).tags())
          .tags(),
      );
      writer.tags();
    },
    read: (reader) =>
      reader
        .array(() => {
          const topic = reader.string();
          const produced = reader.array(() => readProduced(reader, topic));
          reader.tags();
          return produced;
        })
        .flat(),
  };
}

function readProduced(reader: WireReader, topic: string): ProducedPartition {
  const produced = { topic, partition: reader.int32(), code: reader.int16(), baseOffset: reader.int64() };
  reader.int64();
  reader.int64();
  reader.array(() => {
    reader.int32();
    reader.nullableString();
    reader.tags();
  });
  reader.nullableString();
  reader.tags();
  return produced;
}

export interface InitProducerOptions {
  /** Null for a producer without transactions. */
  readonly transactionalId: string | null;
  readonly timeoutMs: number;
  /** Given: only the bearer of exactly this identity gets the next epoch (KIP-360). Else whoever asks. */
  readonly current?: ProducerIdentity;
}

/** InitProducerId v4: fences older owners of the id and ends their open transaction. */
export function initProducerIdRequest(options: InitProducerOptions): KafkaRequest<ProducerIdentity & { readonly code: number }> {
  return {
    api: 'InitProducerId',
    version: 4,
    isFlexible: true,
    write: (writer) => {
      writer.nullableString(options.transactionalId).int32(options.timeoutMs);
      writer
        .int64(options.current?.producerId ?? -1n)
        .int16(options.current?.producerEpoch ?? -1)
        .tags();
    },
    read: (reader) => {
      reader.int32();
      return { code: reader.int16(), producerId: reader.int64(), producerEpoch: reader.int16() };
    },
  };
}
